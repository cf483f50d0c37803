import type { Operation, Outcomes, Refusal } from '../operation.js'
import type { AttemptResult } from './attempt.js'
import type { Reason } from './batch.js'
import type { Limits } from './draft.js'
import type { Pace } from './pace.js'
import { type History, type Parcel, parcelOf, pieces, type Slot, slotsOf } from './parcel.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'
import { remedyFor } from './remedy.js'
import { retryDelay } from './retry.js'
import type { Family, Splitter } from './splitter.js'
import type { Store } from './store.js'
import type { Tally } from './tally.js'

/** Why a run was cut short by something other than its budget. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/** The parts of a run that an answer can change. */
export interface RunParts<Item, Detail extends object> {
  readonly store: Store
  /** The one for many items. */
  readonly operation: Operation<Item, Detail>
  readonly limits: Limits
  readonly tally: Tally
  readonly pace: Pace
  readonly splitter: Splitter
  readonly pool: Pool<Item, Detail>
  readonly queue: Queue<Item, Detail>
  isStopping(): boolean
  /** Ends the run. */
  end(failure: Failure): void
}

/** Decides what becomes of the items of a request, once an attempt at it has come to something. */
export class Settlement<Item, Detail extends object> {
  constructor(private readonly run: RunParts<Item, Detail>) {}

  /** Gives how long the longest wait of the items that are to be sent again is, if there are any. */
  settle(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>): number | undefined {
    const { verdict } = result
    if (verdict.kind === 'outcomes') return this.#settleOutcomes(parcel, verdict, result)
    if (verdict.kind === 'refusal') return this.#settleRefusal(parcel, verdict, result)
    for (const { batch, index } of slotsOf(parcel)) batch.planned(index)
    return undefined
  }

  /** The same for an answer that says something of each item. */
  #settleOutcomes(
    parcel: Parcel<Item, Detail>,
    { outcomes, requestId, retryAfterMs }: Outcomes<Detail>,
    { status, startedAt, askedMs }: AttemptResult<Detail>,
  ): number | undefined {
    // A key that went alone shows nothing of what the call for many items refuses.
    if (parcel.operation === this.run.operation) this.#lower('items', this.run.splitter.succeeded(parcel))
    if (!outcomes && !parcel.slots) parcel.batch.doneWhole()
    else if (!outcomes) for (const { batch, index } of slotsOf(parcel)) batch.done(index, undefined)
    const asked = retryAfterMs ?? askedMs
    let longest: number | undefined
    let refused = 0
    const slots = outcomes ? slotsOf(parcel) : []
    for (const [place, outcome] of (outcomes ?? []).entries()) {
      const slot = slots[place] as Slot<Item, Detail>
      if ('done' in outcome) {
        slot.batch.done(slot.index, outcome.done)
        continue
      }
      if (outcome.throttled) refused++
      slot.batch.attempted(slot.index, { transient: outcome.retryable, arrived: true, unsure: outcome.unsure })
      const reason = this.#reason({ ...outcome, status, requestId })
      const delay = outcome.retryable && !this.run.isStopping() ? this.#delayFor(slot, asked) : undefined
      if (delay === undefined) slot.batch.fail(slot.index, reason)
      else this.#again(parcel, { ...slot, reason }, delay)
      longest = delay === undefined ? longest : Math.max(longest ?? 0, delay)
    }
    this.#pace(parcel, startedAt, refused, asked)
    return longest
  }

  /** Has an item sent again: with others like it, unless it has to go alone. */
  #again(parcel: Parcel<Item, Detail>, slot: Slot<Item, Detail>, delay: number): void {
    if (parcel.operation === this.run.operation) this.run.pool.add(slot, performance.now(), delay)
    else this.run.queue.later(parcelOf(parcel.operation, [slot], { attempts: parcel.attempts + 1 }), delay)
  }

  #settleRefusal(parcel: Parcel<Item, Detail>, refusal: Refusal, result: AttemptResult<Detail>): number | undefined {
    const { family, mended = [] } = parcel
    const remedy = remedyFor(refusal, result, mended, this.run.store)
    const transient = remedy === 'retry' || remedy === 'slow'
    const isSentAgain = transient || remedy === 'reclock' || remedy === 'renew'
    const isCut = remedy === 'split' || remedy === 'fewer-items' || remedy === 'fewer-bytes'
    // What was not sent this time has learnt nothing about what was sent before.
    const slots = result.sent ? slotsOf(parcel).map(({ batch, index }) => ({ batch, index })) : slotsOf(parcel)
    const shown = { transient, arrived: refusal.arrived !== false, unsure: refusal.unsure, sent: result.sent }
    for (const { batch, index } of slots) batch.attempted(index, shown)
    const said = this.#reason({ ...refusal, retryable: isSentAgain || refusal.code === 'Aborted' })
    const reason = result.sent ? said : (parcel.reason ?? said)
    const history = { attempts: parcel.attempts + (result.sent ? 1 : 0), reason, family, mended }
    const asked = refusal.retryAfterMs ?? result.askedMs
    if (remedy === 'slow') this.#pace(parcel, result.startedAt, slots.length, asked)
    if (refusal.code === 'Timeout' && result.sent) this.run.pace.late(result.startedAt, performance.now())
    if (remedy === 'halt') this.run.end({ ...said, cause: result.cause })
    if (family && isSentAgain) this.run.splitter.unanswered(family)
    if (isCut)
      this.#split({ ...parcel, slots }, refusal, { ...history, family: familyOf(parcel, reason) }, result.bytesSent)
    else if (!isSentAgain || this.run.isStopping()) failAll(slots, reason)
    else if (transient) return this.#retry(parcel, slots, { ...refusal, retryAfterMs: asked }, history, result.cause)
    else this.run.queue.unshift(parcelOf(parcel.operation, slots, { ...history, mended: [...mended, remedy] }))
    return undefined
  }

  /** Sends a request again, later, without the items whose attempts are used up. Gives the delay. */
  #retry(
    parcel: Parcel<Item, Detail>,
    slots: readonly Slot<Item, Detail>[],
    refusal: Refusal,
    history: History & { readonly reason: Reason },
    cause: unknown,
  ): number | undefined {
    const kept: Slot<Item, Detail>[] = []
    let delay: number | undefined
    for (const slot of slots) {
      const wait = this.#delayFor(slot, refusal.retryAfterMs)
      if (wait === undefined) failAll([slot], history.reason)
      else kept.push(slot)
      // One draw for all: they travel together.
      delay ??= wait
    }
    if (kept.length > 0) this.run.queue.later(parcelOf(parcel.operation, kept, history), delay ?? 0)
    else if (refusal.endsRunAs)
      this.run.end({ code: refusal.endsRunAs, message: this.run.store.redactor.redact(refusal.message), cause })
    return delay
  }

  /** Cuts a refused request in two, to find the item at fault, or because the store takes less than documented. */
  #split(
    parcel: Parcel<Item, Detail>,
    { remedy }: Refusal,
    history: History & { readonly reason: Reason; readonly family: Family },
    bytesSent: number,
  ): void {
    const size = Math.ceil(parcel.items.length / 2)
    if (parcel.items.length === 1 && remedy !== 'split') {
      // Less than one there is not, so the limits that were found may be this item's fault alone.
      Object.assign(this.run.limits, { items: this.run.operation.maxItems, bytes: this.run.operation.maxBytes })
    }
    if (parcel.items.length === 1 || this.run.splitter.isOver(history.family)) {
      failAll(slotsOf(parcel), history.reason)
      return
    }
    // As long as it is looked for, each may be a good one.
    const reason = { ...history.reason, retryable: true }
    if (this.run.isStopping()) {
      failAll(slotsOf(parcel), reason)
      return
    }
    if (remedy === 'fewer-items') this.#lower('items', size)
    if (remedy === 'fewer-bytes') this.#lower('bytes', Math.ceil(bytesSent / 2))
    // Who refuses the items has let them in: credentials that expire later are another matter.
    const mended = history.mended?.filter((done) => done !== 'renew') ?? []
    // Before all others: one question is pursued to its end before the next is asked.
    this.run.queue.unshift(...pieces(parcel, size, { ...history, reason, mended, siblings: { size, succeeded: 0 } }))
  }

  /** Takes over what the store turns out to take, for the rest of the run. */
  #lower(limit: keyof Limits, most: number | undefined): void {
    if (most !== undefined) this.run.limits[limit] = Math.min(this.run.limits[limit], most)
  }

  /** How long an item waits before it is sent again; undefined where it is not. */
  #delayFor({ batch, index }: Slot<Item, Detail>, askedMs?: number): number | undefined {
    return retryDelay(this.run.store.retry, batch.failures(index), this.run.store.random, askedMs)
  }

  #pace({ items }: Parcel<Item, Detail>, startedAt: number, refused: number, askedMs?: number): void {
    if (refused > 0) this.run.tally.throttled++
    this.run.pace.answered({ startedAt, items: items.length, refused, askedMs }, performance.now())
  }

  #reason({ code, message, retryable, status, requestId }: Reason): Reason {
    const { redactor } = this.run.store
    return {
      code: redactor.redact(code),
      message: redactor.redact(message),
      retryable,
      status,
      requestId: requestId && redactor.redact(requestId),
    }
  }
}

/** The requests that a refused one belongs to from now on. */
function familyOf<Item, Detail extends object>({ family, items }: Parcel<Item, Detail>, reason: Reason): Family {
  if (!family) return { size: items.length, reason }
  family.reason = reason
  return family
}

/** Settles items as failed: for the reasons they have one by one, or else for this one. */
function failAll<Item, Detail extends object>(slots: readonly Slot<Item, Detail>[], reason: Reason): void {
  for (const slot of slots) slot.batch.fail(slot.index, slot.reason ?? reason)
}
