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
/** Where more is refused than this, no store only stumbles. */
const FLOOD = 0.8
/** How much one answer weighs in the share of what is refused in the long run. */
const STRAIN_WEIGHT = 1 / 128
/** Where more is refused in the long run, it is worth a trial. */
const MOST_STRAIN = 1 / 16
/** Where more is refused at a rate that was needed, it may be needed no more. */
const VAIN_STRAIN = 1 / 6
/**
 * A trial keeps to `rest` of the rate before. Its score rises by `answer` with each answer and falls by the share of it that is
 * refused; the trial is over when that comes to `passed`, or down to `failed`.
 */
const TRIAL = { rest: 1 / 4, answer: 1 / 32, passed: 6, failed: -5 }
/** The same for a probe, which multiplies the rate by `step` again and again. */
const PROBE = { step: 4, answer: 1 / 4, passed: 6, failed: -2 }
/** Answers for which the store gets all there is after a trial that failed. */
const RESPITE = { least: 256, most: 4096 }
/** After how long it is seen whether a rate is needed yet; where it was needed the last time, that takes longer. */
const PATIENCE_MS = 1000
const LONG_PATIENCE_MS = 100_000
/** A rate that is needed again so soon was needed all the time. */
const SOON_MS = 5000
/** So many answers without a refusal have to come first. */
const CALM = 4
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
 * alike. Where only a good part is refused, it is lowered by way of trial, for some stores refuse whatever the rate; these get
 * all there is for a while. And no rate is for good: from time to time it is raised step by step, to see whether it is needed
 * yet, and given up where it is not.
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
  /** The rate that a trial keeps to; 0 where there is none. */
  #leastRate = 0
  /** Answers for which a trial in vain puts off the next, and for how many that is the next time. */
  #respite = 0
  #nextRespite = RESPITE.least
  /** What speaks for an end of the trial or probe. */
  #score = 0
  /** When the next probe is due. */
  #probeAt = 0
  /** The start of the last probe, and its end. */
  #probeFrom = 0
  #probeTo = Number.NEGATIVE_INFINITY
  /** The rate before it. */
  #formerRate = 0
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
    return Math.floor(this.#isProbing && !this.#isFree ? Math.min(2, this.#window) : this.#window)
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
    this.#latency += LOSS_WEIGHT * (now - startedAt - this.#latency)
    if (this.#isPaced) this.#jitter = 0.5 + this.random()
    this.#learn(startedAt, items, refused, now)
    // During a trial, each request waits for itself.
    if (this.#isPaced && !this.#leastRate && refused > 0) this.#hold(now + Math.min(askedMs, this.limits.maxDelayMs))
  }

  #learn(startedAt: number, items: number, refused: number, now: number): void {
    // One burst of refusals is one reason to slow down, not eight.
    const isFresh = startedAt >= this.#slowedAt
    if (this.#counting.isTesting && isFresh && items > 2 * this.#portion) {
      this.#tested(refused > 0)
      return
    }
    if (startedAt >= this.#probeFrom && startedAt < this.#probeTo) {
      if (isFresh && this.#isProbing) this.#probed(refused / items, now)
      return
    }
    this.#loss += LOSS_WEIGHT * (refused / items - this.#loss)
    this.#strain += STRAIN_WEIGHT * (refused / items - this.#strain)
    this.#respite--
    if (refused === 0) this.#widen(now)
    else this.#slowDown(isFresh, refused < items, now)
    if (isFresh && this.#leastRate > 0) this.#judge(refused / items)
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
    const isKept = this.#isPaced && !this.#leastRate && !this.#isProbing && !this.#counting.isTesting
    if (isKept && now > this.#probeAt && this.#successes > CALM) this.#probe(now)
    const trust = Math.min(1, Math.max(this.#successes / TRUST, (now - this.#slowedAt) / TRUST_MS))
    this.#window = Math.min(this.limits.concurrency, this.#window + trust / this.#window)
  }

  #slowDown(isFresh: boolean, isPartial: boolean, now: number): void {
    if (isPartial) this.#counting.refusedInPart()
    const isKept = this.#isPaced && !this.#leastRate
    // Where much was refused all along, more has to be to say anything.
    const isFlooded = this.#loss > (isKept ? MOST_LOSS : Math.min(FLOOD, MOST_LOSS + 2 * this.#strain ** 2))
    if (isFlooded) this.#counting.doubt()
    const isSpared = !this.#isPaced && this.#respite > 0
    if (this.#isPaced ? isFresh : isFlooded || (this.#strain > MOST_STRAIN && !isSpared))
      this.#cut(isPartial && isKept ? CUT.part : CUT.whole, isFlooded, now)
    if (isFresh && !isSpared) this.#narrow(now)
  }

  #narrow(now: number): void {
    if (!this.#isPaced) this.#window = Math.max(1, this.#window / 2)
    this.#successes = 0
    this.#slowedAt = now
  }

  #hold(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until)
  }

  #cut(rest: number, isFlooded: boolean, now: number): void {
    this.#climb(now)
    // Far above what was really sent, the rate was never put to the test.
    const tried = Math.min(this.#rate, (1.2 * 1000 * this.#sentBy(now)) / MEMORY_MS)
    const wasPaced = this.#isPaced
    this.#rate = Math.max(1000 / this.limits.maxDelayMs, this.#leastRate, rest * (1 - this.#loss / 2) * tried)
    this.#climbedAt = this.#slowedAt = now
    if (!wasPaced) this.#begin(tried, isFlooded, now)
    else if (!this.#leastRate) this.#counting.refused(this.#portion, this.#successes)
  }

  /** Goes over from full speed to a rate: the one that was given up a moment ago, or one on trial where only a part is refused. */
  #begin(tried: number, isFlooded: boolean, now: number): void {
    const isSoon = now < this.#probeTo + SOON_MS
    this.#probeAt = now + (isSoon ? this.#patience : PATIENCE_MS)
    if (isFlooded && isSoon) this.#rate = this.#formerRate
    if (isFlooded) return
    this.#leastRate = TRIAL.rest * tried
    this.#score = 0
  }

  /** Whether the store is calmer for being sent less. */
  #judge(refused: number): void {
    this.#score += TRIAL.answer - refused
    const isReal = this.#score > TRIAL.passed || this.#loss > FLOOD
    if (!isReal && this.#score > TRIAL.failed) return
    this.#leastRate = 0
    if (isReal) return
    this.#rate = Number.POSITIVE_INFINITY
    this.#window = this.limits.concurrency
    this.#respite = this.#nextRespite
    this.#nextRespite = Math.min(RESPITE.most, 2 * this.#nextRespite)
  }

  /** Until the next probe, where the rate was needed at the last: not long where much is refused all the same. */
  get #patience(): number {
    return this.#strain > VAIN_STRAIN ? PATIENCE_MS : LONG_PATIENCE_MS
  }

  /** Whether the rate holds nothing back any more. */
  get #isFree(): boolean {
    return this.#rate * this.#latency > 1000 * this.limits.concurrency * this.limits.maxItems
  }

  get #isProbing(): boolean {
    return this.#probeTo === Number.POSITIVE_INFINITY
  }

  /** Sends more and more, to see whether the rate is needed yet. */
  #probe(now: number): void {
    this.#probeFrom = now
    this.#probeTo = Number.POSITIVE_INFINITY
    this.#score = 0
    this.#formerRate = this.#rate
    this.#step(now)
  }

  #step(now: number): void {
    this.#rate *= PROBE.step
    this.#climbedAt = this.#slowedAt = now
  }

  /** Judges the probe by an answer: over where the rate turns out to be needed, or not to be. */
  #probed(refused: number, now: number): void {
    this.#score += PROBE.answer + this.#strain - (1 + PROBE.answer) * refused
    const isNeeded = this.#score < PROBE.failed
    if (isNeeded || (this.#isFree && this.#score > PROBE.passed)) {
      this.#probeTo = this.#climbedAt = this.#slowedAt = now
      this.#rate = isNeeded ? CUT.whole * this.#formerRate : Number.POSITIVE_INFINITY
      if (isNeeded) this.#probeAt = now + this.#patience
      else this.#loss = this.#strain = 0
      this.#successes = 0
    } else if (!this.#isFree && refused < 1 / 2) this.#step(now)
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
