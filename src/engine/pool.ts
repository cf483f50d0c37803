import type { Operation } from '../operation.js'
import type { Limits } from './cutter.js'
import type { Slot } from './parcel.js'

/** Items of many batches that failed in a way that may pass, kept to be sent again together. */
export class Pool<Item, Detail extends object> {
  #slots: Slot<Item, Detail>[] = []
  #dueAt = 0

  constructor(private readonly operation: Operation<Item, Detail>) {}

  get size(): number {
    return this.#slots.length
  }

  add(slot: Slot<Item, Detail>, dueAt: number): void {
    this.#slots.push(slot)
    this.#dueAt = Math.max(this.#dueAt, dueAt)
  }

  /** How long until all of it may be sent. */
  wait(now: number): number {
    return this.#dueAt - now
  }

  /** Takes out as much as fits one request. */
  take(limits: Readonly<Limits>): Slot<Item, Detail>[] {
    let bytes = this.operation.envelopeBytes
    let count = 0
    for (const { batch, index } of this.#slots) {
      const size = this.operation.measure(batch.items[index] as Item, 0)
      bytes += typeof size === 'number' ? size : 0
      if (count >= limits.items || (count > 0 && bytes > limits.bytes)) break
      count++
    }
    return this.#slots.splice(0, count)
  }

  /** Takes out everything. */
  drain(): Slot<Item, Detail>[] {
    return this.#slots.splice(0)
  }
}
