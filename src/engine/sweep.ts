import pLimit from 'p-limit'
import { KeysweepError } from '../errors.js'
import type { Mode, Operation, Outcomes, Refusal } from '../operation.js'
import type { FailedKey } from '../report.js'
import { type AttemptResult, attempt, STOPPED } from './attempt.js'
import type { Batch, DoneKey, Reason } from './batch.js'
import { Cutter, type Limits } from './cutter.js'
import { attemptedBy, type Family, type Parcel, parcelOf, parcelsOf, pieces, type Slot, slotsOf } from './parcel.js'
import { Pace } from './pace.js'
import { retryDelay } from './retry.js'
import type { Puller } from './source.js'
import type { Store } from './store.js'
import { difference, newTally, type Tally } from './tally.js'

/** How a run goes, as far as the engine is concerned. */
export interface Plan {
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Tally & Outlook) => unknown) | undefined
  readonly dryRun: boolean
  readonly maxRequests: number
  readonly mode: Mode
}

/** The present of a run. */
export interface Outlook {
  readonly total: number | undefined
  readonly inFlight: number
  readonly concurrency: number
}

/** A batch as it leaves the engine. */
export interface SettledBatch {
  readonly done: DoneKey[]
  readonly failed: FailedKey[]
  readonly tally: Tally
  readonly offset: number
  readonly count: number
  readonly settledThrough: number
  readonly resumeFrom: number | undefined
}

/** Splitting ends after this many parts without a success: then it was no single item's fault. */
const MOST_FRUITLESS_PARTS = 64
/** Items of batches that wait for some of their items to be tried again, so that these can share a request. */
const MOST_WAITING_ITEMS = 65_536

const NOT_SENT: Reason = { code: 'NotSent', message: 'The run ended before this was sent', retryable: true }

/** One run: pulls, cuts, sends, settles and yields, in bounded memory. It never knows which provider it serves. */
export class Sweep<Item, Detail extends object> {
  readonly tally: Tally = newTally()
  /** Why the run failed, once it has. */
  failure: KeysweepError | undefined
  readonly #cutter: Cutter<Item, Detail>
  readonly #limits: Limits
  readonly #pace: Pace
  readonly #limit: ReturnType<typeof pLimit>
  readonly #startedAt = performance.now()
  readonly #controllers = new Set<AbortController>()
  readonly #open = new Set<Batch<Item, Detail>>()
  #openItems = 0
  readonly #ready: Parcel<Item, Detail>[] = []
  readonly #delayed = new Map<Parcel<Item, Detail>, ReturnType<typeof setTimeout>>()
  /** Items of many batches that failed in a way that may pass, to be sent again together. */
  #pool: Slot<Item, Detail>[] = []
  #poolDueAt = 0
  #poolTimer: ReturnType<typeof setTimeout> | undefined
  #poolInFlight = false
  #pulling = false
  #stopping = false
  #finished = false
  #fruitless = 0
  /** Codes that were found to be no single item's fault. */
  readonly #hopeless = new Set<string>()
  readonly #outbox: Batch<Item, Detail>[] = []
  readonly #yielded = new Map<number, number>()
  #settledThrough = 0
  #told: Tally = newTally()
  #wake = () => {}

  constructor(
    private readonly store: Store,
    private readonly operation: Operation<Item, Detail>,
    private readonly puller: Puller<Item>,
    private readonly plan: Plan,
  ) {
    this.#limits = { items: operation.maxItems, bytes: operation.maxBytes }
    this.#cutter = new Cutter(puller, operation, this.#limits, () => store.clock().getTime() + store.skewMs)
    this.#pace = new Pace(plan.concurrency)
    this.#limit = pLimit(plan.concurrency)
  }

  /** The index of the first item not taken; undefined where the input was read to its end. */
  get resumeFrom(): number | undefined {
    return this.#stopping && !this.#wasReadWhole ? this.#cutter.taken : undefined
  }

  /** The run, batch by batch, as they settle. Afterwards `failure` says whether it was cut short by an error. */
  async *batches(): AsyncGenerator<SettledBatch, void, undefined> {
    const { signal } = this.plan
    const abort = () => this.#abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      if (signal?.aborted) abort()
      this.#pump()
      for (;;) {
        const batch = this.#outbox.shift()
        if (batch) {
          this.#pump()
          yield this.#deliver(batch)
        } else if (this.#finished) break
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', abort)
      // Reached early where the consumer has left its loop.
      if (!this.#finished) this.#abort(undefined)
    }
  }

  #wasReadWhole = false

  /** Starts whatever may start now. Called whenever something has changed. */
  #pump(): void {
    try {
      while (!this.#stopping && this.#hasSlot()) {
        const parcel = this.#ready[0]
        if (this.#budget <= 0 && (parcel || !this.#isIdle)) {
          this.#stop()
          break
        }
        if (parcel) {
          this.#ready.shift()
          this.#launch(parcel)
        } else if (!this.#pull() && !this.#flushPool()) break
      }
    } catch (error) {
      this.#fail('SourceFailed', 'The input could not be read', error)
    }
    this.#finishIfDone()
  }

  #hasSlot(): boolean {
    return this.#limit.activeCount + this.#limit.pendingCount < this.#limit.concurrency
  }

  get #budget(): number {
    return this.plan.maxRequests - this.tally.requests
  }
}
