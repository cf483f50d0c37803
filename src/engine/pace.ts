import { Counting } from './counting.js'

/** What a pace has to keep to. */
export interface PaceLimits {
  /** The most requests in flight. */
  readonly concurrency: number
  /** The most items in a request. */
  readonly maxItems: number
  /** Whether the store is said to count items, not requests. */
  readonly countsItems: boolean
  /** No wait is longer. */
  readonly maxDelayMs: number
}

/** What an answer shows of the pace. */
export interface Answered {
  readonly startedAt: number
  readonly items: number
  /** Items for which the store asks to slow down. */
  readonly refused: number
  /** How long it asks to wait. */
  readonly askedMs?: number | undefined
}

/** After so many answers without a refusal, or so much time, each round of answers allows another request in flight. */
const TRUST = 16
const TRUST_MS = 500
/** The part of the requests in flight that stays where no answer comes at all: with fewer it takes too long to find a store dead. */
const DEAD = 1 / 4
/** How much one answer weighs in the share of what is refused. */
const LOSS_WEIGHT = 1 / 8
/** Where more is refused, fewer requests in flight will not do. Every other one is refused by stores that only stumble. */
const MOST_LOSS = 0.6
/** The same for what is refused in the long run, where it is worth a trial. */
const MOST_STRAIN = 1 / 6
const STRAIN_WEIGHT = 1 / 32
/** A trial that has come down to this part of the rate it began with, and is refused as much as ever, is in vain. */
const VAIN = 1 / 4
/** Puts the next trial off by some hundred answers. */
const NO_STRAIN = -10
/** Time over which it is measured how much is sent. */
const MEMORY_MS = 1000
/** How far requests are apart: often enough to notice soon that the store takes more or less than it did. */
const SPACING_MS = 70
/** No more than so many are underway at once where answers take long, for those are past the help of a slower rate. */
const UNDERWAY = 3
const MOST_SPACING_MS = 350
/** What a refusal of a request, or of a part of it, leaves of the rate; less where it is not the only one of late. */
const CUT = { whole: 0.8, part: 0.95 }
/** How fast the rate climbs. */
const CLIMB = 0.12

/**
 * How fast a run may go. At first it is held by the number of requests in flight alone: halved by a burst of refusals, or
 * of requests that are not answered in time, and raised again by rounds without. Where refusals go on all the same, the store
 * is sent so many items a second: at first a part of what was really sent, less after each refusal, and more with the time
 * since, by the root of itself. So the rate follows a limit that moves, and clients that share a store come to share it
 * alike. Where most is refused, the rate is lowered for good; where only a good part is, by way of trial, for some stores
 * refuse whatever the rate.
 *
 * Where the store counts items, requests become smaller rather than rare.
 */
export class Pace {
  #window: number
  /** Answers without a refusal since the last one with. */
  #successes = 0
  /** Items a second. */
  #rate = Number.POSITIVE_INFINITY
  #climbedAt = 0
  /** When it last slowed down. */
  #slowedAt = Number.NEGATIVE_INFINITY
  /** The share of what was refused of late. */
  #loss = 0
  /** The share of what was refused in the long run. */
  #strain = 0
  /** The rate at which a trial is given up; 0 where there is none. */
  #leastRate = 0
  /** Items sent of late, as of the last request. */
  #sent = 0
  #sentAt = 0
  /** Items that the next request has to wait for. */
  #debt = 0
  #jitter = 1
  /** How long answers take. */
  #latency = 0
  #notBefore = Number.NEGATIVE_INFINITY
  readonly #counting: Counting

  /** @param random Keeps clients from falling into step. */
  constructor(
    private readonly limits: PaceLimits,
    private readonly random: () => number,
  ) {
    this.#window = limits.concurrency
    this.#counting = new Counting(limits.maxItems, limits.countsItems)
  }

  /** Requests that may be in flight now: 1 to the number asked for. */
  get concurrency(): number {
    return Math.floor(this.#window)
  }

  /** Items that the next request may hold. */
  get items(): number {
    return this.#counting.isTesting ? this.limits.maxItems : this.#portion
  }

  /** How long the next request has to wait, in milliseconds; or a part of that, for the rate may climb meanwhile. */
  wait(now: number): number {
    this.#climb(now)
    const paidAfter = Math.min(this.limits.maxDelayMs, (1000 * this.#debt) / this.#rate)
    return Math.max(0, Math.min(MEMORY_MS, Math.max(this.#sentAt + paidAfter, this.#notBefore) - now))
  }

  started(items: number, now: number): void {
    const cost = this.#counting.items ? Math.min(items, this.#portion) : this.limits.maxItems
    this.#debt = this.#jitter * cost
    this.#sent = this.#sentBy(now) + cost
    this.#sentAt = now
  }

  /** A request was given up for want of an answer: too many are in flight, or the store is dead, if none is answered. */
  late(startedAt: number, now: number): void {
    if (startedAt < this.#slowedAt || this.#isPaced) return
    if (this.#window > (this.#successes > 0 ? 1 : DEAD * this.limits.concurrency)) this.#narrow(now)
  }

  answered({ startedAt, items, refused, askedMs = 0 }: Answered, now: number): void {
    // One burst of refusals is one reason to slow down, not eight.
    const isFresh = startedAt >= this.#slowedAt
    this.#latency += LOSS_WEIGHT * (now - startedAt - this.#latency)
    if (this.#isPaced) this.#jitter = 0.5 + this.random()
    if (this.#isPaced && refused > 0) this.#hold(now + Math.min(askedMs, this.limits.maxDelayMs))
    if (this.#counting.isTesting && isFresh && items > 2 * this.#portion) {
      this.#tested(refused > 0)
      return
    }
    this.#loss += LOSS_WEIGHT * (refused / items - this.#loss)
    this.#strain += STRAIN_WEIGHT * (refused / items - this.#strain)
    if (refused === 0) this.#widen(now)
    else this.#slowDown(isFresh, refused < items, now)
  }

  get #isPaced(): boolean {
    return this.#rate < Number.POSITIVE_INFINITY
  }

  /** Items in a request at the present rate. */
  get #portion(): number {
    const { maxItems } = this.limits
    const isTrial = this.#leastRate > 0 && !this.#counting.isCertain
    if (!this.#counting.items || !this.#isPaced || isTrial) return maxItems
    return Math.max(1, Math.min(maxItems, Math.round((this.#rate * this.#spacing) / 1000)))
  }

  /** Milliseconds from one request to the next. */
  get #spacing(): number {
    return Math.max(SPACING_MS, Math.min(MOST_SPACING_MS, this.#latency / UNDERWAY))
  }

  /** Items sent of late; the longer ago, the less they count. */
  #sentBy(now: number): number {
    return this.#sent * Math.exp((this.#sentAt - now) / MEMORY_MS)
  }

  #climb(now: number): void {
    if (!this.#isPaced) return
    const unit = (1000 * this.#spacing) / SPACING_MS
    const [passed, calm] = [(now - this.#climbedAt) / unit, (now - this.#slowedAt) / unit]
    // Where requests are far apart, there are few answers to learn from.
    const frequency = Math.min(1, (this.#rate * this.#spacing) / 1000 / this.#portion)
    this.#rate += passed * (1 + calm ** 2) * CLIMB * Math.sqrt(frequency * this.#rate * this.limits.maxItems)
    this.#climbedAt = now
  }

  #widen(now: number): void {
    this.#successes++
    const trust = Math.min(1, Math.max(this.#successes / TRUST, (now - this.#slowedAt) / TRUST_MS))
    this.#window = Math.min(this.limits.concurrency, this.#window + trust / this.#window)
  }

  #slowDown(isFresh: boolean, isPartial: boolean, now: number): void {
    if (isPartial) this.#counting.refusedInPart()
    if (this.#loss > MOST_LOSS) this.#counting.doubt()
    if (this.#isPaced ? isFresh : this.#loss > MOST_LOSS || this.#strain > MOST_STRAIN)
      this.#cut(isPartial ? CUT.part : CUT.whole, now)
    if (isFresh) this.#narrow(now)
  }

  #narrow(now: number): void {
    if (!this.#isPaced) this.#window = Math.max(1, this.#window / 2)
    this.#successes = 0
    this.#slowedAt = now
  }

  #hold(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until)
  }

  #cut(rest: number, now: number): void {
    this.#climb(now)
    // Far above what was really sent, the rate was never put to the test.
    const tried = Math.min(this.#rate, (1.2 * 1000 * this.#sentBy(now)) / MEMORY_MS)
    if (!this.#isPaced) this.#leastRate = VAIN * tried
    this.#rate = Math.max(1000 / this.limits.maxDelayMs, rest * (1 - this.#loss / 2) * tried)
    this.#climbedAt = this.#slowedAt = now
    if (this.#leastRate > 0) this.#judge()
    else this.#counting.refused(this.#portion, this.#successes)
  }

  /** Whether the store is calmer for being sent less, as far as a trial has come. */
  #judge(): void {
    if (this.#loss > MOST_LOSS || this.#strain < MOST_STRAIN) this.#leastRate = 0
    if (this.#rate > this.#leastRate) return
    this.#rate = Number.POSITIVE_INFINITY
    this.#leastRate = 0
    this.#strain = NO_STRAIN
  }

  /** Goes over to full requests, once these are known to pass like small ones: as many of them as of those. */
  #tested(isRefused: boolean): void {
    const factor = this.limits.maxItems / this.#portion
    if (!this.#counting.tested(isRefused)) return
    this.#rate *= (1 - this.#loss) * factor
    this.#sent *= factor
    this.#loss = 0
  }
}
