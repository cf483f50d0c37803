import * as check from '../check.js'
import type { KeyFaults } from './exchange.js'
import { checkNumber, type Measure, PROBABILITY, RATE, SHIFT, WAIT } from './measures.js'
import { type Random, seeded } from './random.js'

/** A probability: from 0, never, to 1, always. */
type Probability = number

/** What goes wrong, in the order in which it strikes. */
export interface Faults {
  /** How far the server's clock is ahead of the emulator's; behind where negative. */
  readonly clockSkewMs?: number
  /** How long an answer takes: half on the way in, half on the way back. Hanging up on the way in, nothing happens. */
  readonly latencyMs?: number
  /**
   * Keys that may be asked for in a second, and at once; more is refused whole as the provider refuses too much.
   * A request of more keys than `burst` (default: those of a second) passes when the bucket is full, and is paid for afterwards.
   */
  readonly throttle?: { readonly keysPerSecond: number; readonly burst?: number }
  /** Statuses, of 300 to 599, answered in place of the store's. A 5xx but 503 may have been carried out: half of them are. */
  readonly status?: Readonly<Record<number, Probability>>
  /** Seconds; sent with what is throttled and with 429 and 503, as the provider asks for patience. */
  readonly retryAfter?: number
  /** The connection breaks without an answer; half of the time after the request was carried out. */
  readonly reset?: Probability
  /** Keys that fail with this code and stay as they were. Alibaba gives no codes in a batch. */
  readonly keyErrors?: Readonly<Record<string, Probability>>
  /** Keys that are carried out and left out of the answer. */
  readonly leaveOut?: Probability
  /** The request is carried out and the answer is the provider's error document, with status 200. */
  readonly errorInside200?: Probability
  /** The request is carried out and the answer is an HTML page, with status 200. */
  readonly html?: Probability
  /** The request is carried out and the answer has no body. */
  readonly empty?: Probability
  /** The request is carried out and the answer stops midway; half of the time with the connection, half as if it were whole. */
  readonly truncate?: Probability
  /** How fast answers arrive. */
  readonly slowBytesPerSecond?: number
}

/** What the faults of one store decide, by its own dice. */
export class Troubles implements KeyFaults {
  #faults: Faults = {}
  #allowance = 0
  #refilled = { clock: 0, passed: 0 }
  readonly #random: Random

  constructor(
    seed: number,
    /** Milliseconds since 1970, in the cloud. */
    readonly clock: () => number,
  ) {
    this.#random = seeded(seed)
  }

  get faults(): Faults {
    return this.#faults
  }

  set(faults: Faults): void {
    checkFaults(faults)
    this.#faults = faults
    this.#allowance = faults.throttle ? burstOf(faults.throttle) : 0
    this.#refilled = this.#now()
  }

  /** Whether something of this probability happens. */
  strikes(probability: Probability | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#random() < probability
  }

  /** A number below `count`. */
  pick(count: number): number {
    return Math.floor(this.#random() * count)
  }

  /** Whether so many keys are too many by now. */
  isTooMuch(items: number): boolean {
    const { throttle } = this.#faults
    if (!throttle) return false
    const now = this.#now()
    // By the clock of the cloud, which may as well stand still: then in truth.
    const passed = Math.max(now.clock - this.#refilled.clock, now.passed - this.#refilled.passed)
    this.#allowance = Math.min(burstOf(throttle), this.#allowance + (passed / 1000) * throttle.keysPerSecond)
    this.#refilled = now
    if (this.#allowance < Math.min(items, burstOf(throttle))) return true
    this.#allowance -= items
    return false
  }

  /** The status to answer in place of the store's, if any. */
  status(): number | undefined {
    const status = this.#choose(this.#faults.status)
    return status === undefined ? undefined : Number(status)
  }

  failure(): string | undefined {
    return this.#choose(this.#faults.keyErrors)
  }

  leavesOut(): boolean {
    return this.strikes(this.#faults.leaveOut)
  }

  #now(): { clock: number; passed: number } {
    return { clock: this.clock(), passed: performance.now() }
  }

  /** One of several, each with its own probability, or none. */
  #choose(choices: Readonly<Record<string, Probability>> | undefined): string | undefined {
    if (choices === undefined) return undefined
    let dice = this.#random()
    for (const choice in choices) {
      dice -= choices[choice] as Probability
      if (dice < 0) return choice
    }
    return undefined
  }
}

/** What passes at once after a rest. */
const burstOf = ({ keysPerSecond, burst = keysPerSecond }: NonNullable<Faults['throttle']>): number => burst

/** The faults that are a number, and what it must be. */
const NUMBERS = {
  clockSkewMs: SHIFT,
  latencyMs: WAIT,
  retryAfter: WAIT,
  slowBytesPerSecond: RATE,
  reset: PROBABILITY,
  leaveOut: PROBABILITY,
  errorInside200: PROBABILITY,
  html: PROBABILITY,
  empty: PROBABILITY,
  truncate: PROBABILITY,
} as const

const STATUS: Measure = {
  what: 'a status from 300 to 599',
  holds: (value) => value >= 300 && value <= 599 && Number.isInteger(value),
}

function checkFaults(faults: Faults): void {
  check.object(faults, 'faults')
  check.names(faults, [...Object.keys(NUMBERS), 'throttle', 'status', 'keyErrors'])
  for (const [name, measure] of Object.entries(NUMBERS)) {
    const value = faults[name as keyof typeof NUMBERS]
    if (value !== undefined) checkNumber(value, name, measure)
  }
  const { throttle, status = {}, keyErrors = {} } = faults
  if (throttle !== undefined) {
    check.object(throttle, 'throttle')
    check.names(throttle, ['keysPerSecond', 'burst'], 'throttle.')
    checkNumber(throttle.keysPerSecond, 'throttle.keysPerSecond', RATE)
    if (throttle.burst !== undefined) checkNumber(throttle.burst, 'throttle.burst', RATE)
  }
  checkChoices(status, 'status')
  for (const code of Object.keys(status)) checkNumber(Number(code), `status.${code}`, STATUS)
  checkChoices(keyErrors, 'keyErrors')
  if (Object.hasOwn(keyErrors, '')) throw new TypeError('keyErrors has an empty code')
}

/** Of several probabilities of which one strikes, the sum is one too. */
function checkChoices(choices: Readonly<Record<string, unknown>>, path: string): void {
  check.object(choices, path)
  let sum = 0
  for (const [choice, value] of Object.entries(choices)) {
    checkNumber(value, `${path}.${choice}`, PROBABILITY)
    sum += value
  }
  // Tenths do not add up exactly.
  if (sum > 1 + 1e-9) throw new RangeError(`${path}: its probabilities add up to more than 1`)
}
