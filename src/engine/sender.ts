import pLimit from 'p-limit'
import { isWhole } from '../operation.js'
import { Stop } from '../stop.js'
import { type AttemptResult, attempt, HELD, STOPPED } from './attempt.js'
import type { Parcel } from './parcel.js'
import { Roster } from './roster.js'
import type { Run } from './run.js'

/** The requests in flight: no more at once than the pace allows, and no more in all than the budget. */
export class Sender<Item, Detail extends object> {
  readonly #limit: ReturnType<typeof pLimit>
  readonly #stops = new Roster<Stop>()
  /** Requests begun, of which it is not known yet whether they are sent. */
  #underWay = 0

  constructor(private readonly run: Run<Item, Detail>) {
    this.#limit = pLimit(run.plan.concurrency)
  }

  get inFlight(): number {
    return this.#limit.activeCount + this.#limit.pendingCount
  }

  /** Whether another may be sent at once. */
  get hasRoom(): boolean {
    return this.inFlight < this.#limit.concurrency
  }

  /** Whether all that were sent are settled. */
  get isIdle(): boolean {
    return this.#stops.size === 0
  }

  /** Requests that may still be sent, should all that are under way turn out to be sent. */
  get budget(): number {
    return this.run.plan.maxRequests - this.run.ledger.tally.requests - this.#underWay
  }

  send(parcel: Parcel<Item, Detail>): void {
    const { run } = this
    const { store, plan } = run
    const stop = new Stop()
    this.#underWay++
    this.#stops.add(stop)
    this.#limit(() => attempt(store, parcel, plan.mode, stop, plan.dryRun))
      .then(
        (result) => {
          this.#receive(parcel, result)
          // At once: whoever takes the last batch at this moment is to learn that it is the last.
          this.#stops.delete(stop)
        },
        (cause) => {
          if (stop.isSent) run.ledger.tally.requests++
          run.crash(parcel, cause, stop.isSent)
        },
      )
      .catch((cause) => run.crash(parcel, cause, stop.isSent))
      .finally(() => {
        this.#stops.delete(stop)
        run.proceed()
      })
  }

  /** Gives up what is not sent yet. */
  hold(): void {
    for (const stop of this.#stops.all()) if (!stop.isSent) stop.stop(HELD)
  }

  /** Gives up everything. */
  abort(): void {
    for (const stop of this.#stops.all()) stop.stop(STOPPED)
  }

  #receive(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>): void {
    const { pace, buffers, ledger } = this.run
    const { tally } = ledger
    const { kind } = result.verdict
    // At the same moment as it may be counted, so that it is never counted twice.
    this.#underWay--
    tally.bytesSent += result.bytesSent
    tally.bytesReceived += result.bytesReceived
    if (result.sent || kind === 'planned') {
      tally.requests++
      if (parcel.attempts > 0) tally.retries++
    }
    // After a refusal, a transport may still be reading what is left of the body; what was held is yet to be sent.
    if (isWhole(parcel.written) && kind !== 'refusal' && kind !== 'held') buffers.takeBack(parcel.written.body)
    this.run.settle(parcel, result)
    if (this.#limit.concurrency !== pace.concurrency) this.#limit.concurrency = pace.concurrency
  }
}
