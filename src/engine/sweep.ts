import type { Operation } from '../operation.js'
import type { AttemptResult } from './attempt.js'
import { Buffers } from './buffers.js'
import { attemptEvent, callGuarded } from './events.js'
import { Ledger, type SettledBatch } from './ledger.js'
import { Pace } from './pace.js'
import { type Parcel, slotsOf } from './parcel.js'
import { Pool } from './pool.js'
import { Queue } from './queue.js'
import type { Failure, Plan, Run } from './run.js'
import { Scheduler } from './scheduler.js'
import { Sender } from './sender.js'
import { Settlement } from './settlement.js'
import type { Puller } from './source.js'
import { Splitter } from './splitter.js'
import type { Store } from './store.js'
import type { Tally } from './tally.js'

/** Longest time without a turn for timers. */
const GIVE_WAY_MS = 50

/** One run, from its start to its end, in bounded memory. It never knows which provider it serves. */
export class Sweep<Item, Detail extends object> {
  /** Why the run was cut short, once it is. */
  failure: Failure | undefined
  /** The index of the first item not taken, once the run has ended early. */
  resumeFrom: number | undefined
  readonly #run: Run<Item, Detail>
  readonly #sender: Sender<Item, Detail>
  readonly #scheduler: Scheduler<Item, Detail>
  readonly #settlement: Settlement<Item, Detail>
  #gaveWayAt = performance.now()
  #requestsBefore = 0
  #isStopping = false
  #isFinished = false
  #wake = () => {}
  readonly #onAbort = () => this.#abort(this.plan.signal?.reason)

  constructor(
    private readonly store: Store,
    operation: Operation<Item, Detail>,
    private readonly puller: Puller<Item>,
    private readonly plan: Plan,
  ) {
    const next = () => this.#next()
    const { maxItems, maxBytes, countsItems = false } = operation
    const { maxDelayMs } = store.retry
    const run: Run<Item, Detail> = {
      store,
      operation,
      plan,
      limits: { items: maxItems, bytes: maxBytes },
      ledger: new Ledger(),
      pace: new Pace({ concurrency: plan.concurrency, maxItems, countsItems, maxDelayMs }, store.random),
      splitter: new Splitter(),
      buffers: new Buffers(),
      pool: new Pool(operation),
      queue: new Queue(next),
      isStopping: () => this.#isStopping,
      end: (failure) => this.#end(failure),
    }
    this.#run = run
    this.#sender = new Sender(run, {
      settle: (parcel, result) => this.#settle(parcel, result),
      crash: (parcel, cause, isSent) => this.#crash(parcel, cause, isSent),
      next,
    })
    this.#scheduler = new Scheduler(run, this.#sender, puller, next)
    this.#settlement = new Settlement(run)
  }

  /** The numbers of the run so far. */
  get tally(): Tally {
    return this.#run.ledger.tally
  }

  /** Begins, unless the run was aborted before. */
  start(): void {
    const { signal } = this.plan
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#onAbort()
    this.#next()
  }

  /** The next batch that is settled; undefined once there are no more. Afterwards `failure` says whether the run was cut short. */
  async next(): Promise<SettledBatch | undefined> {
    const { ledger } = this.#run
    for (;;) {
      const batch = ledger.take()
      if (batch) {
        if (this.#mustGiveWay()) await this.#giveWay()
        this.#next()
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

  /** Starts whatever may start now. Called whenever something has changed. */
  #next(): void {
    this.#scheduler.start()
    this.#finishIfDone()
    if (this.#run.ledger.closed > 0) this.#wake()
  }

  #settle(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>): void {
    const { ledger, pool, queue } = this.#run
    pool.arrived(parcel)
    if (result.verdict.kind === 'held') {
      queue.unshift(parcel)
      return
    }
    const retryDelayMs = this.#settlement.settle(parcel, result)
    if (parcel.slots) for (const { batch } of parcel.slots) ledger.closeIfSettled(batch)
    else ledger.closeIfSettled(parcel.batch)
    this.#tell(parcel, result, retryDelayMs)
  }

  /** Ends the run over an error nobody foresaw, `clock` and `random` of the user's among them. */
  #crash(parcel: Parcel<Item, Detail>, cause: unknown, sent: boolean): void {
    const reason = { code: 'Aborted', message: 'The run broke off before this was settled', retryable: true }
    for (const slot of slotsOf(parcel)) {
      if (!slot.batch.isOpen(slot.index)) continue
      slot.batch.attempted(slot.index, { transient: false, arrived: sent, unsure: sent, sent })
      this.#run.ledger.failAll([slot], reason)
    }
    this.#end({ code: 'Unexpected', message: 'A callback threw, or keysweep itself failed', cause })
  }

  #tell(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>, retryDelayMs: number | undefined): void {
    const { onAttempt, redactor } = this.store
    if (onAttempt && !this.plan.dryRun)
      this.#call('onAttempt', () => onAttempt(attemptEvent(parcel, result, retryDelayMs, redactor)))
    const { onProgress } = this.plan
    if (!onProgress) return
    const { ledger, pace } = this.#run
    ledger.tick()
    const present = { total: this.puller.total, inFlight: this.#sender.inFlight, concurrency: pace.concurrency }
    this.#call('onProgress', () => onProgress(this.tally, present))
  }

  #call(name: string, callback: () => unknown): void {
    callGuarded(callback, (cause) => {
      this.#end({ code: 'CallbackFailed', message: `${name} threw`, cause })
      this.#finishIfDone()
    })
  }

  #abort(reason: unknown): void {
    this.#end({ code: 'Aborted', message: 'The run was aborted', cause: reason })
    this.#sender.abort()
    this.#finishIfDone()
  }

  /** Sends nothing more. What was sent is settled. */
  #end(failure?: Failure): void {
    if (!this.#isFinished) this.failure ??= failure
    if (this.#isStopping) return
    this.#isStopping = true
    this.#sender.hold()
    this.#scheduler.stop()
  }

  #finishIfDone(): void {
    const scheduler = this.#scheduler
    const { isSettled } = this.#run.ledger
    if (this.#isFinished || scheduler.isReading || !this.#sender.isIdle) return
    // The input was let go of for a last request, which has then not been sent.
    if (scheduler.isHalted && isSettled) this.#end()
    if (this.#isStopping) this.resumeFrom = scheduler.drain()
    else if (!scheduler.isExhausted || !isSettled) return
    this.#end()
    this.#isFinished = true
    this.#run.ledger.tick()
    this.#wake()
  }
}
