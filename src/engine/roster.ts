/**
 * The few things that are under way. A `Set` would do, but for this: each time it makes room, what it had held before stays
 * linked to what it holds now, and once a young collection has let one of them grow old, all that follow grow old as well.
 */
export class Roster<Thing> {
  readonly #things: Thing[] = []

  get size(): number {
    return this.#things.length
  }

  add(thing: Thing): void {
    this.#things.push(thing)
  }

  /** False where it was not in it. */
  delete(thing: Thing): boolean {
    const index = this.#things.indexOf(thing)
    const last = this.#things.length - 1
    if (index < 0) return false
    this.#things[index] = this.#things[last] as Thing
    this.#things.length = last
    return true
  }

  /** All of them as they are now, in no order. */
  all(): Thing[] {
    return this.#things.slice()
  }
}
