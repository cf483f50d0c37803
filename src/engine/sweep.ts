import pLimit from 'p-limit'
import { isWhole, type Mode, type Operation, type Whole } from '../operation.js'
import { Stop } from '../stop.js'
import { type AttemptResult, attempt, HELD, STOPPED } from './attempt.js'
import type { Batch, Reason } from './batch.js'
import { Buffers } from './buffers.js'
import { Cutter } from './cutter.js'
import type { Limits } from './draft.js'
import { attemptEvent, callGuarded } from './events.js'
import { type ClosedBatch, Ledger, type SettledBatch } from './ledger.js'
import { Pace } from './pace.js'
import { cutOff, type Parcel, parcelOf, parcelsOf, type Slot, slotsOf } from './parcel.js'
import { Pool } from './pool.js'
import { Queue } from './queue.js'
import { Roster } from './roster.js'
import { type Failure, Settlement } from './settlement.js'
import type { Puller } from './source.js'
import { Splitter } from './splitter.js'
import type { Store } from './store.js'
import type { Tally } from './tally.js'

/** How a run goes, as far as the engine is concerned. */
export interface Plan {
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((tally: Tally, present: Present) => unknown) | undefined
  readonly dryRun: boolean
  readonly maxRequests: number
  readonly mode: Mode
}

/** How a run stands right now. */
export interface Present {
  readonly total: number | undefined
  readonly inFlight: number
  readonly concurrency: number
}

/** Items that wait for some to be tried again, so that these can share a request: those of their batches, and all that follow. */
const MOST_WAITING_ITEMS = 65_536

/** How long items wait for others to share a request with, while nothing is in flight and the input gives nothing. */
const LINGER_MS = 1000

/** Longest time without a turn for timers. */
const GIVE_WAY_MS = 50

const NOT_SENT: Reason = { code: 'NotSent', message: 'The run ended before this was sent', retryable: true }

/** One run: pulls, cuts, sends, settles and yields, in bounded memory. It never knows which provider it serves. */
export class Sweep<Item, Detail extends object> {
  /** Why the run was cut short, once it is. */
  failure: Failure | undefined
  /** The index of the first item not taken, once the run has ended early. */
  resumeFrom: number | undefined
  readonly #ledger = new Ledger()
  /** What the store takes, as far as is known. */
  readonly #found: Limits
  /** What the next request may hold. */
  readonly #limits: Limits
  readonly #cutter: Cutter<Item, Detail>
  readonly #pace: Pace
  readonly #limit: ReturnType<typeof pLimit>
  readonly #splitter = new Splitter()
  readonly #buffers = new Buffers()
  readonly #pool: Pool<Item, Detail>
  readonly #settlement: Settlement<Item, Detail>
  readonly #stops = new Roster<Stop>()
  readonly #open = new Roster<Batch<Item, Detail>>()
  readonly #queue = new Queue<Item, Detail>(() => this.#pump())
  readonly #outbox: ClosedBatch[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt = 0
  /** Requests begun, of which it is not known yet whether they are sent. */
  #underWay = 0
  #poolInFlight = 0
  /** How many items were taken when the pool was last empty, or last sent. */
  #pooledSince = 0
  #openItems = 0
  #gaveWayAt = performance.now()
  #requestsBefore = 0
  #pulling = false
  /** Inside the input's own code, which can abort the run: nothing is finished before it has given what it was asked for. */
  #reading = false
  #stopping = false
  #finished = false
  #wake = () => {}
  readonly #now = () => {
    try {
      return this.store.clock().getTime() + this.store.skewMs
    } catch {
      // It ends the run where a request is to be signed.
      return Date.now()
    }
  }
  readonly #onAbort = () => this.#abort(this.plan.signal?.reason)

  constructor(
    private readonly store: Store,
    private readonly operation: Operation<Item, Detail>,
    private readonly puller: Puller<Item>,
    private readonly plan: Plan,
  ) {
    this.#found = { items: operation.maxItems, bytes: operation.maxBytes }
    this.#limits = { ...this.#found }
    this.#cutter = new Cutter(puller, operation, this.#limits, this.#now, (items) => this.#writeWhole(items))
    this.#pool = new Pool(operation)
    const { concurrency } = plan
    const { maxItems, countsItems = false } = operation
    this.#pace = new Pace({ concurrency, maxItems, countsItems, maxDelayMs: store.retry.maxDelayMs }, store.random)
    this.#limit = pLimit(plan.concurrency)
    this.#settlement = new Settlement({
      store,
      operation,
      limits: this.#found,
      tally: this.#ledger.tally,
      pace: this.#pace,
      splitter: this.#splitter,
      pool: this.#pool,
      queue: this.#queue,
      isStopping: () => this.#stopping,
      end: (failure) => this.#fail(failure),
    })
  }

  #writeWhole(items: readonly Item[]): Whole | undefined {
    const room = { mostBytes: this.#limits.bytes, lend: this.#buffers.offer, now: this.#now }
    const whole = this.operation.whole?.write(items, this.plan.mode, room)
    if (whole) this.#buffers.take()
    return whole
  }

  /** The numbers of the run so far. */
  get tally(): Tally {
    return this.#ledger.tally
  }

  /** Begins, unless the run was aborted before. */
  start(): void {
    const { signal } = this.plan
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#onAbort()
    this.#pump()
  }

  /** The next batch that is settled; undefined once there are no more. Afterwards `failure` says whether the run was cut short. */
  async next(): Promise<SettledBatch | undefined> {
    while (this.#outbox.length === 0) {
      if (this.#finished) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const batch = this.#outbox.shift() as ClosedBatch
    if (this.#mustGiveWay()) await this.#giveWay()
    this.#pump()
    return this.#ledger.deliver(batch, this.#isLast ? this.resumeFrom : undefined)
  }

  /** Ends what is still going on, where the consumer has left early. */
  close(): void {
    this.plan.signal?.removeEventListener('abort', this.#onAbort)
    if (!this.#finished) this.#abort(undefined)
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
  #pump(): void {
    try {
      while (!this.#stopping && this.#inFlight < this.#limit.concurrency && !this.#mustWait() && this.#startOne());
    } catch (cause) {
      this.#fail({ code: 'SourceFailed', message: 'The input could not be read', cause })
    }
    this.#finishIfDone()
    if (this.#outbox.length > 0) this.#wake()
  }

  /** Whether the store is to be left alone for a while; then the run goes on by itself. */
  #mustWait(): boolean {
    const wait = this.#pace.wait(performance.now())
    if (wait > 0) this.#pumpLater(wait)
    return wait > 0
  }

  #pumpLater(delay: number): void {
    const at = performance.now() + delay
    if (this.#timer && this.#timerAt <= at) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pump()
    }, delay)
  }

  /** Starts one thing: what waits, else a fresh batch, else the pool. False where there is nothing to start. */
  #startOne(): boolean {
    if (this.#budget <= 0) {
      const isSpent = this.plan.maxRequests <= this.tally.requests
      const waits = this.#queue.size + this.#pool.size > 0
      // Of what is under way, some may turn out not to be sent.
      if (isSpent && (waits || !this.#cutter.ended)) this.#stop()
      return false
    }
    Object.assign(this.#limits, this.#found, { items: Math.min(this.#found.items, this.#pace.items) })
    const parcel = this.#queue.next()
    if (parcel?.family && this.#splitter.isSearching && this.#inFlight > 0) {
      this.#queue.unshift(parcel)
      return false
    }
    if (parcel) this.#launch(parcel)
    if (this.#pool.size === 0) this.#pooledSince = this.#cutter.taken
    return parcel !== undefined || (this.#isHeldUp && this.#flushPool()) || this.#pull() || this.#flushPool()
  }

  get #inFlight(): number {
    return this.#limit.activeCount + this.#limit.pendingCount
  }

  /** Requests that may still be sent, should all that are under way turn out to be sent. */
  get #budget(): number {
    return this.plan.maxRequests - this.tally.requests - this.#underWay
  }

  /** Takes a fresh batch from the input, if there is room for one. False where none can be had at once. */
  #pull(): boolean {
    if (this.#cutter.ended || this.#pulling || !this.#hasRoom()) return false
    const batch = this.#read()
    if (!(batch instanceof Promise)) return this.#accept(batch)
    this.#pulling = true
    batch
      .catch((cause) => {
        // What an input says that was let go of is no matter of the run's any more.
        if (!this.#cutter.halted) this.#fail({ code: 'SourceFailed', message: 'The input could not be read', cause })
      })
      .finally(() => {
        this.#pulling = false
        this.#pump()
      })
    return false
  }

  #read(): ReturnType<Cutter<Item, Detail>['next']> {
    this.#reading = true
    try {
      return this.#cutter.next()
    } finally {
      this.#reading = false
    }
  }

  /** Whether memory and budget allow another batch. What waits to be tried again has the first claim on the budget. */
  #hasRoom(): boolean {
    const claimed = this.#queue.delayed + Math.min(1, this.#pool.size)
    return this.#budget > claimed && !this.#isCrowded && this.#outbox.length < this.plan.concurrency
  }

  /** Whether as many items are unsettled as memory should hold. */
  get #isCrowded(): boolean {
    return this.#openItems >= this.#mostWaiting
  }

  /** Whether as many items wait for those in the pool as should: unsettled, or beyond the place to resume from. */
  get #isHeldUp(): boolean {
    const isOvertaken = this.#cutter.taken - this.#pooledSince >= this.#mostWaiting
    return this.#poolInFlight === 0 && (this.#isCrowded || isOvertaken)
  }

  get #mostWaiting(): number {
    return Math.max(MOST_WAITING_ITEMS, 2 * this.plan.concurrency * this.#limits.items)
  }

  #accept(batch: Batch<Item, Detail> | undefined): boolean {
    if (!batch) return false
    this.#open.add(batch)
    this.#openItems += batch.items.length
    this.tally.items += batch.items.length
    this.#queue.push(...parcelsOf(batch, this.operation))
    this.#closeIfSettled(batch)
    return true
  }

  /** Sends what is in the pool, once nothing else can join it soon, or the input cannot go on without it. */
  #flushPool(): boolean {
    if (this.#pool.size === 0) return false
    const isFull = this.#pool.size >= this.#limits.items
    const canGrow = this.#inFlight > 0 || !(this.#cutter.ended || this.#cutter.halted)
    const wait = Math.max(
      this.#pool.wait(performance.now()),
      isFull || this.#isHeldUp || !canGrow ? 0 : this.#lingers(),
    )
    if (wait > 0) {
      if (wait < Number.POSITIVE_INFINITY) this.#pumpLater(wait)
      return false
    }
    this.#poolInFlight++
    this.#pooledSince = this.#cutter.taken
    const slots = this.#pool.take(this.#limits)
    const attempts = slots.reduce((most, { batch, index }) => Math.max(most, batch.attempts(index)), 0)
    this.#queue.push(parcelOf(this.operation, slots, { attempts, pooled: true }))
    return true
  }

  /** How long the pool waits for more to join it: for requests in flight as long as they take, for a slow input a while. */
  #lingers(): number {
    return this.#inFlight > 0 ? Number.POSITIVE_INFINITY : this.#pool.idleFor(performance.now(), LINGER_MS)
  }

  #launch(parcel: Parcel<Item, Detail>): void {
    if (parcel.items.length > this.#limits.items) {
      this.#queue.unshift(...cutOff(parcel, this.#limits.items, { ...parcel, pooled: false, siblings: undefined }))
      this.#leavePool(parcel)
      return
    }
    if (parcel.family && !this.#splitter.admits(parcel.family)) {
      this.#failAll(slotsOf(parcel), parcel.family.reason)
      return
    }
    this.#underWay++
    if (this.#budget <= 0) this.#cutter.halt()
    this.#pace.started(parcel.items.length, performance.now())
    const stop = new Stop()
    this.#stops.add(stop)
    this.#limit(() => attempt(this.store, parcel, this.plan.mode, stop, this.plan.dryRun))
      .then(
        (result) => {
          this.#settle(parcel, result)
          // At once: whoever takes the last batch at this moment is to learn that it is the last.
          this.#stops.delete(stop)
        },
        (cause) => {
          if (stop.isSent) this.tally.requests++
          this.#crash(parcel, cause, stop.isSent)
        },
      )
      .catch((cause) => this.#crash(parcel, cause, stop.isSent))
      .finally(() => {
        this.#stops.delete(stop)
        this.#pump()
      })
  }

  /** Ends the run over an error nobody foresaw, `clock` and `random` of the user's among them. */
  #crash(parcel: Parcel<Item, Detail>, cause: unknown, sent: boolean): void {
    const reason = { code: 'Aborted', message: 'The run broke off before this was settled', retryable: true }
    for (const slot of slotsOf(parcel)) {
      if (!slot.batch.isOpen(slot.index)) continue
      slot.batch.attempted(slot.index, { transient: false, arrived: sent, unsure: sent, sent })
      this.#failAll([slot], reason)
    }
    this.#fail({ code: 'Unexpected', message: 'A callback threw, or keysweep itself failed', cause })
  }

  #settle(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>): void {
    // At the same moment as it may be counted, so that it is never counted twice.
    this.#underWay--
    this.tally.bytesSent += result.bytesSent
    this.tally.bytesReceived += result.bytesReceived
    this.#leavePool(parcel)
    const { verdict } = result
    if (verdict.kind === 'held') {
      this.#queue.unshift(parcel)
      return
    }
    // After a refusal, a transport may still be reading what is left of the body.
    if (isWhole(parcel.written) && verdict.kind !== 'refusal') this.#buffers.takeBack(parcel.written.body)
    if (result.sent || verdict.kind === 'planned') {
      this.tally.requests++
      if (parcel.attempts > 0) this.tally.retries++
    }
    const retryDelayMs = this.#settlement.settle(parcel, result)
    if (this.#limit.concurrency !== this.#pace.concurrency) this.#limit.concurrency = this.#pace.concurrency
    if (parcel.slots) for (const { batch } of parcel.slots) this.#closeIfSettled(batch)
    else this.#closeIfSettled(parcel.batch)
    this.#tell(parcel, result, retryDelayMs)
  }

  #leavePool(parcel: Parcel<Item, Detail>): void {
    if (parcel.pooled) this.#poolInFlight--
  }

  #failAll(slots: readonly Slot<Item, Detail>[], reason: Reason): void {
    for (const { batch, index } of slots) {
      batch.fail(index, reason)
      this.#closeIfSettled(batch)
    }
  }

  #closeIfSettled(batch: Batch<Item, Detail>): void {
    if (!batch.isSettled || !this.#open.delete(batch)) return
    this.#openItems -= batch.items.length
    this.#outbox.push(this.#ledger.close(batch))
  }

  /** Whether the batch that was just taken out is the last there will be. */
  get #isLast(): boolean {
    return this.#finished && this.#outbox.length === 0
  }

  #tell(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>, retryDelayMs: number | undefined): void {
    const { onAttempt, redactor } = this.store
    if (onAttempt && !this.plan.dryRun)
      this.#call('onAttempt', () => onAttempt(attemptEvent(parcel, result, retryDelayMs, redactor)))
    const { onProgress } = this.plan
    if (!onProgress) return
    this.#ledger.tick()
    const present = { total: this.puller.total, inFlight: this.#inFlight, concurrency: this.#pace.concurrency }
    this.#call('onProgress', () => onProgress(this.tally, present))
  }

  #call(name: string, callback: () => unknown): void {
    callGuarded(callback, (cause) => {
      this.#fail({ code: 'CallbackFailed', message: `${name} threw`, cause })
      this.#finishIfDone()
    })
  }

  #abort(reason: unknown): void {
    this.#fail({ code: 'Aborted', message: 'The run was aborted', cause: reason })
    for (const stop of this.#stops.all()) stop.stop(STOPPED)
    this.#finishIfDone()
  }

  #fail(failure: Failure): void {
    if (!this.#finished) this.failure ??= failure
    this.#stop()
  }

  /** Sends nothing more. What was sent is settled. */
  #stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    this.#queue.stopTimers()
    clearTimeout(this.#timer)
    for (const stop of this.#stops.all()) if (!stop.isSent) stop.stop(HELD)
    this.#cutter.halt()
  }

  #finishIfDone(): void {
    if (this.#finished || this.#reading || this.#stops.size > 0) return
    // The input was let go of for a last request, which has then not been sent.
    if (this.#cutter.halted && this.#open.size === 0) this.#stop()
    if (this.#stopping) this.#drain()
    else if (this.#pulling || !this.#cutter.ended || this.#open.size > 0) return
    this.#finished = this.#stopping = true
    clearTimeout(this.#timer)
    this.#ledger.tick()
    this.#wake()
  }

  /** Settles what was taken and will not be sent, each item with the last that is known of it. */
  #drain(): void {
    for (const leftover of this.#cutter.leftover()) this.#accept(leftover)
    for (const parcel of this.#queue.drain())
      for (const slot of slotsOf(parcel)) this.#failAll([slot], slot.reason ?? parcel.reason ?? NOT_SENT)
    for (const slot of this.#pool.drain()) this.#failAll([slot], slot.reason ?? NOT_SENT)
    for (const batch of this.#open.all())
      for (const index of batch.items.keys()) if (batch.isOpen(index)) this.#failAll([{ batch, index }], NOT_SENT)
    this.resumeFrom = this.#cutter.taken
  }
}
