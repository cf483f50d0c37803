import { Counting } from './counting.js'
import { PROBE_STEP, Probe } from './probe.js'
import { Rate, type RateLimits } from './rate.js'

/** What a pace has to keep to. */
export interface PaceLimits extends RateLimits {
  /** Whether the store is said to count items, not requests. */
  readonly countsItems: boolean
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
/** Answers for which the store gets all there is after a trial that failed. */
const RESPITE = { least: 256, most: 4096 }
/** After how long it is seen whether a rate is needed yet; where it was needed the last time, that takes longer. */
const PATIENCE_MS = 1000
const LONG_PATIENCE_MS = 100_000
/** So many answers without a refusal have to come first. */
const CALM = 4
/** What a refusal of a request, or of a part of it, leaves of the rate; less where it is not the only one of late. */
const CUT = { whole: 0.8, part: 0.95 }
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
  /** What speaks for an end of the trial. */
  #score = 0
  readonly #probe = new Probe()
  readonly #rate: Rate
  readonly #counting: Counting

  /** @param random Keeps clients from falling into step. */
  constructor(
    private readonly limits: PaceLimits,
    random: () => number,
  ) {
    this.#window = limits.concurrency
    this.#rate = new Rate(limits, random)
    this.#counting = new Counting(limits.maxItems, limits.countsItems)
  }

  /** Requests that may be in flight now: 1 to the number asked for. */
  get concurrency(): number {
    return Math.floor(this.#probe.isOn && !this.#rate.isFree ? Math.min(2, this.#window) : this.#window)
  }

  /** Items that the next request may hold. */
  get items(): number {
    return this.#counting.isTesting ? this.limits.maxItems : this.#portion
  }

  /** How long the next request has to wait, in milliseconds; or a part of that, for the rate may climb meanwhile. */
  wait(now: number): number {
    this.#climb(now)
    return this.#rate.wait(now)
  }

  started(items: number, now: number): void {
    this.#rate.sent(this.#counting.items ? Math.min(items, this.#portion) : this.limits.maxItems, now)
  }

  /** A request was given up for want of an answer: too many are in flight, or the store is dead, if none is answered. */
  late(startedAt: number, now: number): void {
    if (startedAt < this.#slowedAt || this.#rate.isLimited) return
    if (this.#window > (this.#successes > 0 ? 1 : DEAD * this.limits.concurrency)) this.#narrow(now)
  }

  answered({ startedAt, items, refused, askedMs = 0 }: Answered, now: number): void {
    this.#rate.answered(now - startedAt)
    this.#learn(startedAt, items, refused, now)
    // During a trial, each request waits for itself.
    if (this.#isKept && refused > 0) this.#rate.hold(now + Math.min(askedMs, this.limits.maxDelayMs))
  }

  #learn(startedAt: number, items: number, refused: number, now: number): void {
    // One burst of refusals is one reason to slow down, not eight.
    const isFresh = startedAt >= this.#slowedAt
    if (this.#counting.isTesting && isFresh && items > 2 * this.#portion) {
      this.#tested(refused > 0)
      return
    }
    if (this.#probe.covers(startedAt)) {
      if (isFresh && this.#probe.isOn) this.#probed(refused / items, now)
      return
    }
    this.#loss += LOSS_WEIGHT * (refused / items - this.#loss)
    this.#strain += STRAIN_WEIGHT * (refused / items - this.#strain)
    this.#respite--
    if (refused === 0) this.#widen(now)
    else this.#slowDown(isFresh, refused < items, now)
    if (isFresh && this.#leastRate > 0) this.#judge(refused / items)
  }

  /** Whether there is a rate that is no trial. */
  get #isKept(): boolean {
    return this.#rate.isLimited && !this.#leastRate
  }

  /** Items in a request at the present rate. */
  get #portion(): number {
    const isWhole = !this.#counting.items || !this.#rate.isLimited || (this.#leastRate > 0 && !this.#counting.isCertain)
    return isWhole ? this.limits.maxItems : this.#rate.portion
  }

  #climb(now: number): void {
    this.#rate.climb(this.#slowedAt, this.#portion, now)
  }

  #widen(now: number): void {
    this.#successes++
    const isBusy = this.#probe.isOn || this.#counting.isTesting
    if (this.#isKept && !isBusy && now > this.#probe.dueAt && this.#successes > CALM) {
      this.#probe.begin(this.#rate.perSecond, now)
      this.#step(now)
    }
    const trust = Math.min(1, Math.max(this.#successes / TRUST, (now - this.#slowedAt) / TRUST_MS))
    this.#window = Math.min(this.limits.concurrency, this.#window + trust / this.#window)
  }

  #slowDown(isFresh: boolean, isPartial: boolean, now: number): void {
    if (isPartial) this.#counting.refusedInPart()
    const isKept = this.#isKept
    // Where much was refused all along, more has to be to say anything.
    const isFlooded = this.#loss > (isKept ? MOST_LOSS : Math.min(FLOOD, MOST_LOSS + 2 * this.#strain ** 2))
    if (isFlooded) this.#counting.doubt()
    const isSpared = !this.#rate.isLimited && this.#respite > 0
    if (this.#rate.isLimited ? isFresh : isFlooded || (this.#strain > MOST_STRAIN && !isSpared))
      this.#cut(isPartial && isKept ? CUT.part : CUT.whole, isFlooded, now)
    if (isFresh && !isSpared) this.#narrow(now)
  }

  #narrow(now: number): void {
    if (!this.#rate.isLimited) this.#window = Math.max(1, this.#window / 2)
    this.#successes = 0
    this.#slowedAt = now
  }

  #cut(rest: number, isFlooded: boolean, now: number): void {
    this.#climb(now)
    const tried = this.#rate.tried(now)
    const wasPaced = this.#rate.isLimited
    const least = Math.max(1000 / this.limits.maxDelayMs, this.#leastRate)
    this.#setRate(Math.max(least, rest * (1 - this.#loss / 2) * tried), now)
    if (!wasPaced) this.#begin(tried, isFlooded, now)
    else if (!this.#leastRate) this.#counting.refused(this.#portion, this.#successes)
  }

  /** Goes over from full speed to a rate: the one that was given up a moment ago, or one on trial where only a part is refused. */
  #begin(tried: number, isFlooded: boolean, now: number): void {
    const isSoon = this.#probe.isRecent(now)
    this.#probe.dueAt = now + (isSoon ? this.#patience : PATIENCE_MS)
    if (isFlooded && isSoon) this.#rate.perSecond = this.#probe.formerRate
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
    this.#rate.perSecond = Number.POSITIVE_INFINITY
    this.#window = this.limits.concurrency
    this.#respite = this.#nextRespite
    this.#nextRespite = Math.min(RESPITE.most, 2 * this.#nextRespite)
  }

  /** Until the next probe, where the rate was needed at the last: not long where much is refused all the same. */
  get #patience(): number {
    return this.#strain > VAIN_STRAIN ? PATIENCE_MS : LONG_PATIENCE_MS
  }

  /** Sends more and more, to see whether the rate is needed yet. */
  #step(now: number): void {
    this.#setRate(PROBE_STEP * this.#rate.perSecond, now)
  }

  #setRate(perSecond: number, now: number): void {
    this.#rate.set(perSecond, now)
    this.#slowedAt = now
  }

  /** Learns from an answer during the probe, and ends it where the rate turns out to be needed, or not to be. */
  #probed(refused: number, now: number): void {
    const isNeeded = this.#probe.judge(refused, this.#strain, this.#rate.isFree)
    if (isNeeded === undefined) {
      if (!this.#rate.isFree && refused < 1 / 2) this.#step(now)
      return
    }
    this.#probe.end(now)
    this.#successes = 0
    this.#setRate(isNeeded ? CUT.whole * this.#probe.formerRate : Number.POSITIVE_INFINITY, now)
    if (isNeeded) this.#probe.dueAt = now + this.#patience
    else this.#loss = this.#strain = 0
  }

  /** Goes over to full requests, once these are known to pass like small ones: as many of them as of those. */
  #tested(isRefused: boolean): void {
    const factor = this.limits.maxItems / this.#portion
    if (!this.#counting.tested(isRefused)) return
    this.#rate.rescale(factor, 1 - this.#loss)
    this.#loss = 0
  }
}
