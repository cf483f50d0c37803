import type { Operation } from '../operation.js'
import type { AttemptResult } from './attempt.js'
import { Buffers } from './buffers.js'
import type { Limits } from './draft.js'
import { attemptEvent, callGuarded } from './events.js'
import { Ledger, type SettledBatch } from './ledger.js'
import { Pace } from './pace.js'
import { type Parcel, slotsOf } from './parcel.js'
import { Pool } from './pool.js'
import { Queue } from './queue.js'
import type { Failure, Plan, Run } from './run.js'
import { Scheduler } from './scheduler.js'
import { Sender } from './sender.js'
import { settle } from './settlement.js'
import type { Puller } from './source.js'
import { Splitter } from './splitter.js'
import type { Store } from './store.js'
import type { Tally } from './tally.js'

/** Longest time without a turn for timers. */
const GIVE_WAY_MS = 50

/** One run, from its start to its end, in bounded memory. It never knows which provider it serves. */
export class Sweep<Item, Detail extends object> implements Run<Item, Detail> {
  /** Why the run was cut short, once it is. */
  failure: Failure | undefined
  /** The index of the first item not taken, once the run has ended early. */
  resumeFrom: number | undefined
  isStopping = false
  readonly limits: Limits
  readonly ledger: Ledger<Item, Detail> = new Ledger()
  readonly pace: Pace
  readonly splitter: Splitter = new Splitter()
  readonly buffers: Buffers = new Buffers()
  readonly pool: Pool<Item, Detail>
  readonly queue: Queue<Item, Detail> = new Queue(() => this.proceed())
  readonly sender: Sender<Item, Detail>
  readonly #scheduler: Scheduler<Item, Detail>
  #gaveWayAt = performance.now()
  #requestsBefore = 0
  #isFinished = false
  #wake = () => {}
  readonly #onAbort = () => this.#abort(this.plan.signal?.reason)

  constructor(
    readonly store: Store,
    readonly operation: Operation<Item, Detail>,
    readonly puller: Puller<Item>,
    readonly plan: Plan,
  ) {
    const { maxItems, maxBytes, countsItems = false } = operation
    const { maxDelayMs } = store.retry
    this.limits = { items: maxItems, bytes: maxBytes }
    this.pace = new Pace({ concurrency: plan.concurrency, maxItems, countsItems, maxDelayMs }, store.random)
    this.pool = new Pool(operation)
    this.sender = new Sender(this)
    this.#scheduler = new Scheduler(this)
  }

  /** The numbers of the run so far. */
  get tally(): Tally {
    return this.ledger.tally
  }

  /** Begins, unless the run was aborted before. */
  start(): void {
    const { signal } = this.plan
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#onAbort()
    this.proceed()
  }

  /** The next batch that is settled; undefined once there are no more. Afterwards `failure` says whether the run was cut short. */
  async next(): Promise<SettledBatch | undefined> {
    const { ledger } = this
    for (;;) {
      const batch = ledger.take()
      if (batch) {
        if (this.#mustGiveWay()) await this.#giveWay()
        this.proceed()
        const isLast = this.#isFinished && ledger.closed === 0
        return ledger.deliver(batch, isLast ? this.resumeFrom : undefined)
      }
      if (this.#isFinished) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Ends what is still going on, where the consumer has left early. */
  close(): void {
    this.plan.signal?.removeEventListener('abort', this.#onAbort)
    if (!this.#isFinished) this.#abort(undefined)
  }

  /** Whether timers have had no turn for long: in a dry run, or among items that cannot be sent. */
  #mustGiveWay(): boolean {
    const isSending = !this.plan.dryRun && this.tally.requests > this.#requestsBefore
    this.#requestsBefore = this.tally.requests
    return !isSending && performance.now() - this.#gaveWayAt >= GIVE_WAY_MS
  }

  async #giveWay(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve))
    this.#gaveWayAt = performance.now()
  }

  proceed(): void {
    this.#scheduler.start()
    this.#finishIfDone()
    if (this.ledger.closed > 0) this.#wake()
  }

  settle(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>): void {
    const { ledger, pool, queue } = this
    pool.arrived(parcel)
    if (result.verdict.kind === 'held') {
      queue.unshift(parcel)
      return
    }
    const retryDelayMs = settle(this, parcel, result)
    if (parcel.slots) for (const { batch } of parcel.slots) ledger.closeIfSettled(batch)
    else ledger.closeIfSettled(parcel.batch)
    this.#tell(parcel, result, retryDelayMs)
  }

  crash(parcel: Parcel<Item, Detail>, cause: unknown, sent: boolean): void {
    const reason = { code: 'Aborted', message: 'The run broke off before this was settled', retryable: true }
    for (const { batch, index } of slotsOf(parcel)) {
      if (!batch.isOpen(index)) continue
      batch.attempted(index, { transient: false, arrived: sent, unsure: sent, sent })
      this.ledger.failAll([{ batch, index }], reason)
    }
    this.end({ code: 'Unexpected', message: 'A callback threw, or keysweep itself failed', cause })
  }

  #tell(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>, retryDelayMs: number | undefined): void {
    const { onAttempt, redactor } = this.store
    if (onAttempt && !this.plan.dryRun)
      this.#call('onAttempt', () => onAttempt(attemptEvent(parcel, result, retryDelayMs, redactor)))
    const { onProgress } = this.plan
    if (!onProgress) return
    const { ledger, pace } = this
    ledger.tick()
    const present = { total: this.puller.total, inFlight: this.sender.inFlight, concurrency: pace.concurrency }
    this.#call('onProgress', () => onProgress(this.tally, present))
  }

  #call(name: string, callback: () => unknown): void {
    callGuarded(callback, (cause) => {
      this.end({ code: 'CallbackFailed', message: `${name} threw`, cause })
      this.#finishIfDone()
    })
  }

  #abort(reason: unknown): void {
    this.end({ code: 'Aborted', message: 'The run was aborted', cause: reason })
    this.sender.abort()
    this.#finishIfDone()
  }

  end(failure?: Failure): void {
    if (!this.#isFinished) this.failure ??= failure
    if (this.isStopping) return
    this.isStopping = true
    this.sender.hold()
    this.#scheduler.stop()
  }

  #finishIfDone(): void {
    const scheduler = this.#scheduler
    const { isSettled } = this.ledger
    if (this.#isFinished || scheduler.isReading || !this.sender.isIdle) return
    // The input was let go of for a last request, which has then not been sent.
    if (scheduler.isHalted && isSettled) this.end()
    if (this.isStopping) this.resumeFrom = scheduler.drain()
    else if (!scheduler.isExhausted || !isSettled) return
    this.end()
    this.#isFinished = true
    this.ledger.tick()
    this.#wake()
  }
}
