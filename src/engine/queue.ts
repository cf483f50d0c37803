import type { Parcel } from './parcel.js'
import { nextPart } from './splitter.js'

/** Parcels that wait: some for a free place, some for their time. */
export class Queue<Item, Detail extends object> {
  readonly #ready: Parcel<Item, Detail>[] = []
  readonly #delayed = new Map<Parcel<Item, Detail>, ReturnType<typeof setTimeout>>()

  /** @param onDue Called when a delayed parcel has become ready. */
  constructor(private readonly onDue: () => void) {}

  get size(): number {
    return this.#ready.length + this.#delayed.size
  }

  get delayed(): number {
    return this.#delayed.size
  }

  push(...parcels: Parcel<Item, Detail>[]): void {
    for (const parcel of parcels) this.#ready.push(parcel)
  }

  /** Puts parcels before all others. */
  unshift(...parcels: Parcel<Item, Detail>[]): void {
    this.#ready.unshift(...parcels)
  }

  later(parcel: Parcel<Item, Detail>, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#delayed.delete(parcel)
      this.#ready.push(parcel)
      this.onDue()
    }, delayMs)
    this.#delayed.set(parcel, timer)
  }

  /** Takes out the next; of the parts of a refused request, the one that is likely to teach most. */
  next(): Parcel<Item, Detail> | undefined {
    const family = this.#ready[0]?.family
    if (!family) return this.#ready.shift()
    const part = nextPart(
      this.#ready.filter((parcel) => parcel.family === family),
      family,
    )
    this.#ready.splice(this.#ready.indexOf(part), 1)
    return part
  }

  stopTimers(): void {
    for (const timer of this.#delayed.values()) clearTimeout(timer)
  }

  /** Takes out everything. */
  drain(): Parcel<Item, Detail>[] {
    this.stopTimers()
    const all = [...this.#ready.splice(0), ...this.#delayed.keys()]
    this.#delayed.clear()
    return all
  }
}
