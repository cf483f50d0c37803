/**
 * How fast a run may go. Requests in flight are halved when the store throttles, and one more is allowed for each round of
 * successes. Where one at a time is still too much, requests keep a distance, doubled by a refusal and shortened by
 * successes, until the store no longer minds.
 */
export class Pace {
  #window: number
  #distanceMs = 0
  #lastCut = Number.NEGATIVE_INFINITY
  #notBefore = Number.NEGATIVE_INFINITY

  /** @param limits The most requests in flight, and the least and greatest distance in time. */
  constructor(private readonly limits: { concurrency: number; baseDelayMs: number; maxDelayMs: number }) {
    this.#window = limits.concurrency
  }

  /** Requests that may be in flight now: 1 to the number asked for. */
  get concurrency(): number {
    return Math.floor(this.#window)
  }

  /** How long the next request has to wait, in milliseconds. */
  wait(now: number): number {
    return Math.max(0, this.#notBefore - now)
  }

  started(now: number): void {
    this.#notBefore = Math.max(this.#notBefore, now + this.#distanceMs)
  }

  /**
   * @param startedAt When the request began: one burst of refusals is one reason to slow down, not eight.
   * @param askedMs How long the store asks to wait.
   */
  throttled(startedAt: number, now: number, askedMs = 0): void {
    if (startedAt < this.#lastCut) return
    this.#lastCut = now
    if (this.#window > 1) {
      this.#window = Math.max(1, this.#window / 2)
      return
    }
    const { baseDelayMs, maxDelayMs } = this.limits
    this.#distanceMs = Math.min(maxDelayMs, Math.max(1, baseDelayMs, 2 * this.#distanceMs))
    this.#notBefore = now + Math.max(this.#distanceMs, Math.min(askedMs, maxDelayMs))
  }

  succeeded(): void {
    this.#distanceMs = this.#distanceMs > 1 ? 0.9 * this.#distanceMs : 0
    if (this.#distanceMs === 0) this.#window = Math.min(this.limits.concurrency, this.#window + 1 / this.#window)
  }
}
