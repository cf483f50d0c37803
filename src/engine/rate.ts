/** What a rate has to keep to. */
export interface RateLimits {
  /** The most requests in flight. */
  readonly concurrency: number
  /** The most items in a request. */
  readonly maxItems: number
  /** No wait is longer. */
  readonly maxDelayMs: number
}

/** Time over which it is measured how much is sent. */
const MEMORY_MS = 1000
/** How far requests are apart: often enough to notice soon that the store takes more or less than it did. */
const SPACING_MS = 70
/** No more than so many are underway at once where answers take long, for those are past the help of a slower rate. */
const UNDERWAY = 3
const MOST_SPACING_MS = 350
/** How fast it climbs. */
const CLIMB = 0.12
/** How much one answer weighs in how long they take. */
const LATENCY_WEIGHT = 1 / 8
/** Far above what was really sent, a rate was never put to the test. */
const MOST_UNTRIED = 1.2

/** Items a second, without a limit at first: when the next request may go, how large it is, and how the rate climbs. */
export class Rate {
  perSecond: number = Number.POSITIVE_INFINITY
  #climbedAt = 0
  /** Items sent of late, as of the last request. */
  #sent = 0
  #sentAt = 0
  /** Items that the next request has to wait for. */
  #debt = 0
  #jitter = 1
  /** How long answers take. */
  #latency = 0
  #notBefore = Number.NEGATIVE_INFINITY

  /** @param random Keeps clients from falling into step. */
  constructor(
    private readonly limits: RateLimits,
    private readonly random: () => number,
  ) {}

  get isLimited(): boolean {
    return this.perSecond < Number.POSITIVE_INFINITY
  }

  /** Whether it holds nothing back. */
  get isFree(): boolean {
    return this.perSecond * this.#latency > 1000 * this.limits.concurrency * this.limits.maxItems
  }

  /** Items in a request, where a smaller one costs less. */
  get portion(): number {
    return Math.max(1, Math.min(this.limits.maxItems, Math.round(this.#portion)))
  }

  get #portion(): number {
    return (this.perSecond * this.#spacing) / 1000
  }

  /** Milliseconds from one request to the next. */
  get #spacing(): number {
    return Math.max(SPACING_MS, Math.min(MOST_SPACING_MS, this.#latency / UNDERWAY))
  }

  /** How long the next request has to wait, in milliseconds; or a part of that, for the rate may climb meanwhile. */
  wait(now: number): number {
    const paidAfter = Math.min(this.limits.maxDelayMs, (1000 * this.#debt) / this.perSecond)
    return Math.max(0, Math.min(MEMORY_MS, Math.max(this.#sentAt + paidAfter, this.#notBefore) - now))
  }

  hold(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until)
  }

  sent(items: number, now: number): void {
    this.#debt = this.#jitter * items
    this.#sent = this.#sentBy(now) + items
    this.#sentAt = now
  }

  answered(latency: number): void {
    this.#latency += LATENCY_WEIGHT * (latency - this.#latency)
    if (this.isLimited) this.#jitter = 0.5 + this.random()
  }

  /** The part of it that is known to be in use. */
  tried(now: number): number {
    return Math.min(this.perSecond, (MOST_UNTRIED * 1000 * this.#sentBy(now)) / MEMORY_MS)
  }

  set(perSecond: number, now: number): void {
    this.perSecond = perSecond
    this.#climbedAt = now
  }

  /** Goes on as if each item sent had been as many as `factor`, at a `share` of the rate that comes of it. */
  rescale(factor: number, share: number): void {
    this.perSecond *= share * factor
    this.#sent *= factor
  }

  /** Raises it by the time since the last time, the more the longer it is calm. */
  climb(slowedAt: number, portion: number, now: number): void {
    if (!this.isLimited) return
    const unit = (1000 * this.#spacing) / SPACING_MS
    const [passed, calm] = [(now - this.#climbedAt) / unit, (now - slowedAt) / unit]
    // Where requests are far apart, there are few answers to learn from.
    const frequency = Math.min(1, this.#portion / portion)
    this.perSecond += passed * (1 + calm ** 2) * CLIMB * Math.sqrt(frequency * this.perSecond * this.limits.maxItems)
    this.#climbedAt = now
  }

  /** Items sent of late; the longer ago, the less they count. */
  #sentBy(now: number): number {
    return this.#sent * Math.exp((this.#sentAt - now) / MEMORY_MS)
  }
}
