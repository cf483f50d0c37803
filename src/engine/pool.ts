import { identityOf } from '../items.js'
import type { Operation } from '../operation.js'
import type { Limits } from './draft.js'
import type { Parcel, Slot } from './parcel.js'

/** Items of many batches that failed in a way that may pass, kept to be sent again together. */
export class Pool<Item, Detail extends object> {
  #slots: Slot<Item, Detail>[] = []
  #dueAt = 0
  #changedAt = 0
  #travelling = 0

  constructor(private readonly operation: Operation<Item, Detail>) {}

  get size(): number {
    return this.#slots.length
  }

  /** Whether a request of what was in it is on its way. */
  get isTravelling(): boolean {
    return this.#travelling > 0
  }

  add(slot: Slot<Item, Detail>, now: number, delay: number): void {
    this.#slots.push(slot)
    this.#changedAt = now
    this.#dueAt = Math.max(this.#dueAt, now + delay)
  }

  /** How long until all of it may be sent. */
  wait(now: number): number {
    return this.#dueAt - now
  }

  /** What is left of a time in which nothing was added. */
  idleFor(now: number, time: number): number {
    return this.#changedAt + time - now
  }

  /** Notes that a request has come to something, if it was one of its own. */
  arrived({ pooled }: Parcel<Item, Detail>): void {
    if (pooled) this.#travelling--
  }

  /** Takes out as much as fits one request, which is then on its way until it has arrived. */
  take(limits: Readonly<Limits>): Slot<Item, Detail>[] {
    let bytes = this.operation.envelopeBytes
    const taken: Slot<Item, Detail>[] = []
    const left: Slot<Item, Detail>[] = []
    const identities = new Set<string>()
    let looked = 0
    for (; looked < this.#slots.length && taken.length < limits.items; looked++) {
      const slot = this.#slots[looked] as Slot<Item, Detail>
      const item = slot.batch.items[slot.index] as Item
      const text = this.operation.write(item, () => 0)
      const sum = bytes + (typeof text === 'string' ? this.operation.measure(text) : 0)
      // A key that two batches had goes out twice, but not in one request.
      const isTwin = identities.size === identities.add(identityOf(item)).size
      const fits = taken.length === 0 || sum <= limits.bytes
      if (fits && !isTwin) {
        taken.push(slot)
        bytes = sum
      } else left.push(slot)
    }
    this.#slots = [...left, ...this.#slots.slice(looked)]
    this.#travelling++
    return taken
  }

  /** Takes out everything. */
  drain(): Slot<Item, Detail>[] {
    return this.#slots.splice(0)
  }
}
