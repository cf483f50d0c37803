/** How many requests may be in flight: halved when the store throttles, one more for each round of successes. */
export class Pace {
  #window: number
  #lastCut = Number.NEGATIVE_INFINITY

  constructor(private readonly most: number) {
    this.#window = most
  }

  /** Requests that may be in flight now: 1 to the number asked for. */
  get concurrency(): number {
    return Math.floor(this.#window)
  }

  /** @param startedAt When the request began: one burst of refusals is one reason to slow down, not eight. */
  throttled(startedAt: number, now: number): void {
    if (startedAt < this.#lastCut) return
    this.#window = Math.max(1, this.#window / 2)
    this.#lastCut = now
  }

  succeeded(): void {
    this.#window = Math.min(this.most, this.#window + 1 / this.#window)
  }
}
