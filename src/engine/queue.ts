import type { Parcel } from './parcel.js'

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

  /** The same for the pieces of a parcel; but its sibling, if it waits, stays first: no half is pursued before both were sent. */
  replace({ siblings }: Parcel<Item, Detail>, parts: readonly Parcel<Item, Detail>[]): void {
    const at = siblings && this.#ready[0]?.siblings === siblings ? 1 : 0
    this.#ready.splice(at, 0, ...parts)
  }

  later(parcel: Parcel<Item, Detail>, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#delayed.delete(parcel)
      this.#ready.push(parcel)
      this.onDue()
    }, delayMs)
    this.#delayed.set(parcel, timer)
  }

  next(): Parcel<Item, Detail> | undefined {
    return this.#ready.shift()
  }

  stopTimers(): void {
    for (const timer of this.#delayed.values()) clearTimeout(timer)
  }

  /** Takes out everything. */
  drain(): Parcel<Item, Detail>[] {
    const all = [...this.#ready.splice(0), ...this.#delayed.keys()]
    this.#delayed.clear()
    return all
  }
}
