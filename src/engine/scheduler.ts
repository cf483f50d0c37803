import type { Whole } from '../operation.js'
import type { Batch, Reason } from './batch.js'
import { Cutter } from './cutter.js'
import type { Limits } from './draft.js'
import { cutOff, type Parcel, parcelOf, parcelsOf, slotsOf } from './parcel.js'
import type { Run } from './run.js'

/** Items that wait for some to be tried again, so that these can share a request: those of their batches, and all that follow. */
const MOST_WAITING_ITEMS = 65_536

/** How long items wait for others to share a request with, while nothing is in flight and the input gives nothing. */
const LINGER_MS = 1000

const NOT_SENT: Reason = { code: 'NotSent', message: 'The run ended before this was sent', retryable: true }

/** Decides what is sent next: what waits in the queue, else a fresh batch, else what is in the pool, unless too much waits for that. */
export class Scheduler<Item, Detail extends object> {
  /** What the next request may hold. */
  readonly #limits: Limits
  readonly #cutter: Cutter<Item, Detail>
  /** Inside the input's own code, which can abort the run: nothing is finished before it has given what it was asked for. */
  isReading = false
  #isAwaiting = false
  /** How many items were taken when the pool was last empty, or last sent. */
  #pooledSince = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt = 0

  constructor(private readonly run: Run<Item, Detail>) {
    this.#limits = { ...run.limits }
    const now = () => this.#now()
    this.#cutter = new Cutter(run.puller, run.operation, this.#limits, now, (items) => this.#writeWhole(items, now))
  }

  /** Whether the input was let go of before its end. */
  get isHalted(): boolean {
    return this.#cutter.halted
  }

  /** Whether all that the input had is cut. */
  get isExhausted(): boolean {
    return this.#cutter.ended && !this.#isAwaiting
  }

  /** Starts whatever may start now. */
  start(): void {
    try {
      while (!this.run.isStopping && this.run.sender.hasRoom && !this.#mustWait() && this.#startOne());
    } catch (cause) {
      this.#sourceFailed(cause)
    }
  }

  /** Starts nothing more. */
  stop(): void {
    clearTimeout(this.#timer)
    this.run.queue.stopTimers()
    this.#cutter.halt()
  }

  /** Settles what was taken and will not be sent, each item with the last that is known of it. Gives how many were taken. */
  drain(): number {
    const { ledger, queue, pool } = this.run
    for (const leftover of this.#cutter.leftover()) this.#accept(leftover)
    for (const parcel of queue.drain()) ledger.failAll(slotsOf(parcel), parcel.reason ?? NOT_SENT)
    ledger.failAll(pool.drain(), NOT_SENT)
    ledger.failRest(NOT_SENT)
    return this.#cutter.taken
  }

  #now(): number {
    const { store } = this.run
    try {
      return store.clock().getTime() + store.skewMs
    } catch {
      // It ends the run where a request is to be signed.
      return Date.now()
    }
  }

  #writeWhole(items: readonly Item[], now: () => number): Whole | undefined {
    const { operation, plan, buffers } = this.run
    const whole = operation.whole?.write(items, plan.mode, { mostBytes: this.#limits.bytes, lend: buffers.offer, now })
    if (whole) buffers.take()
    return whole
  }

  #sourceFailed(cause: unknown): void {
    this.run.end({ code: 'SourceFailed', message: 'The input could not be read', cause })
  }

  /** Whether the store is to be left alone for a while; then the run goes on by itself. */
  #mustWait(): boolean {
    const wait = this.run.pace.wait(performance.now())
    if (wait > 0) this.#startLater(wait)
    return wait > 0
  }

  #startLater(delay: number): void {
    const at = performance.now() + delay
    if (this.#timer && this.#timerAt <= at) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.run.proceed()
    }, delay)
  }

  /** Starts one thing. False where there is nothing to start. */
  #startOne(): boolean {
    const { limits, pace, splitter, queue, pool, ledger, plan } = this.run
    if (this.run.sender.budget <= 0) {
      const isSpent = plan.maxRequests <= ledger.tally.requests
      // Of what is under way, some may turn out not to be sent.
      if (isSpent && (queue.size + pool.size > 0 || !this.#cutter.ended)) this.run.end()
      return false
    }
    Object.assign(this.#limits, limits, { items: Math.min(limits.items, pace.items) })
    const parcel = queue.next()
    if (parcel?.family && splitter.isSearching && this.run.sender.inFlight > 0) {
      queue.unshift(parcel)
      return false
    }
    if (parcel) this.#launch(parcel)
    if (pool.size === 0) this.#pooledSince = this.#cutter.taken
    return parcel !== undefined || (this.#isHeldUp && this.#flushPool()) || this.#pull() || this.#flushPool()
  }

  /** Takes a fresh batch from the input, if there is room for one. False where none can be had at once. */
  #pull(): boolean {
    if (this.#cutter.ended || this.#isAwaiting || !this.#hasRoom()) return false
    const batch = this.#read()
    if (!(batch instanceof Promise)) return this.#accept(batch)
    this.#isAwaiting = true
    batch
      .catch((cause) => {
        // What an input says that was let go of is no matter of the run's any more.
        if (!this.#cutter.halted) this.#sourceFailed(cause)
      })
      .finally(() => {
        this.#isAwaiting = false
        this.run.proceed()
      })
    return false
  }

  #read(): ReturnType<Cutter<Item, Detail>['next']> {
    this.isReading = true
    try {
      return this.#cutter.next()
    } finally {
      this.isReading = false
    }
  }

  /** Whether memory and budget allow another batch. What waits to be tried again has the first claim on the budget. */
  #hasRoom(): boolean {
    const { queue, pool, ledger, plan } = this.run
    const claimed = queue.delayed + Math.min(1, pool.size)
    return this.run.sender.budget > claimed && !this.#isCrowded && ledger.closed < plan.concurrency
  }

  /** Whether as many items are unsettled as memory should hold. */
  get #isCrowded(): boolean {
    return this.run.ledger.openItems >= this.#mostWaiting
  }

  /** Whether as many items wait for those in the pool as should: unsettled, or beyond the place to resume from. */
  get #isHeldUp(): boolean {
    const isOvertaken = this.#cutter.taken - this.#pooledSince >= this.#mostWaiting
    return !this.run.pool.isTravelling && (this.#isCrowded || isOvertaken)
  }

  get #mostWaiting(): number {
    return Math.max(MOST_WAITING_ITEMS, 2 * this.run.plan.concurrency * this.#limits.items)
  }

  #accept(batch: Batch<Item, Detail> | undefined): boolean {
    if (!batch) return false
    this.run.ledger.open(batch)
    this.run.queue.push(...parcelsOf(batch, this.run.operation))
    return true
  }

  /** Sends what is in the pool, once nothing else can join it soon, or the input cannot go on without it. */
  #flushPool(): boolean {
    const { pool, queue, operation } = this.run
    if (pool.size === 0) return false
    const isFull = pool.size >= this.#limits.items
    const canGrow = this.run.sender.inFlight > 0 || !(this.#cutter.ended || this.#cutter.halted)
    const wait = Math.max(pool.wait(performance.now()), isFull || this.#isHeldUp || !canGrow ? 0 : this.#lingers())
    if (wait > 0) {
      if (wait < Number.POSITIVE_INFINITY) this.#startLater(wait)
      return false
    }
    this.#pooledSince = this.#cutter.taken
    const slots = pool.take(this.#limits)
    const attempts = slots.reduce((most, { batch, index }) => Math.max(most, batch.attempts(index)), 0)
    queue.push(parcelOf(operation, slots, { attempts, pooled: true }))
    return true
  }

  /** How long the pool waits for more to join it: for requests in flight as long as they take, for a slow input a while. */
  #lingers(): number {
    return this.run.sender.inFlight > 0 ? Number.POSITIVE_INFINITY : this.run.pool.idleFor(performance.now(), LINGER_MS)
  }

  #launch(parcel: Parcel<Item, Detail>): void {
    const { ledger, pace, pool, queue, splitter } = this.run
    const { items } = this.#limits
    if (parcel.items.length > items) {
      queue.unshift(...cutOff(parcel, items, { ...parcel, pooled: false, siblings: undefined }))
      pool.arrived(parcel)
      return
    }
    if (parcel.family && !splitter.admits(parcel.family)) {
      ledger.failAll(slotsOf(parcel), parcel.family.reason)
      return
    }
    pace.started(parcel.items.length, performance.now())
    this.run.sender.send(parcel)
    if (this.run.sender.budget <= 0) this.#cutter.halt()
  }
}
