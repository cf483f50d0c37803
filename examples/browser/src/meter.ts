const WINDOW_MS = 3000

/** How fast something goes: by what was done in the last seconds, so that it follows a store that slows down. */
export class Meter {
  readonly #marks: { readonly at: number; readonly done: number }[] = []

  note(done: number, at: number): void {
    this.#marks.push({ at, done })
    while (this.#marks.length > 2 && at - (this.#marks[0]?.at ?? at) > WINDOW_MS) this.#marks.shift()
  }

  /** In a second; 0 until something is known. */
  get rate(): number {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)]
    if (!first || !last || last.at === first.at) return 0
    return ((last.done - first.done) / (last.at - first.at)) * 1000
  }

  /** Milliseconds until so much more is done; undefined where nobody can say. */
  remaining(left: number): number | undefined {
    return this.rate > 0 ? (left / this.rate) * 1000 : undefined
  }
}
