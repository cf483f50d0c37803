import type { Outcomes, Refusal } from '../operation.js'
import type { AttemptResult } from './attempt.js'
import type { Reason } from './batch.js'
import type { Limits } from './draft.js'
import { cutOff, type History, type Parcel, parcelOf, type Slot, slotsOf } from './parcel.js'
import { remedyFor } from './remedy.js'
import { retryDelay } from './retry.js'
import type { Run } from './run.js'
import type { Family } from './splitter.js'

/** What an answer can change. */
export type RunParts<Item, Detail extends object> = Pick<
  Run<Item, Detail>,
  'store' | 'operation' | 'limits' | 'ledger' | 'pace' | 'splitter' | 'pool' | 'queue' | 'isStopping' | 'end'
>

/**
 * Decides what becomes of the items of a request, once an attempt at it has come to something. Gives how
 * long the longest wait of the items that are to be sent again is, if there are any.
 */
export function settle<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  parcel: Parcel<Item, Detail>,
  result: AttemptResult<Detail>,
): number | undefined {
  const { verdict } = result
  if (verdict.kind === 'outcomes') return settleOutcomes(run, parcel, verdict, result)
  if (verdict.kind === 'refusal') return settleRefusal(run, parcel, verdict, result)
  for (const { batch, index } of slotsOf(parcel)) batch.planned(index)
  return undefined
}

/** The same for an answer that says something of each item. */
function settleOutcomes<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  parcel: Parcel<Item, Detail>,
  { outcomes, requestId, retryAfterMs }: Outcomes<Detail>,
  { status, startedAt, askedMs }: AttemptResult<Detail>,
): number | undefined {
  // A key that went alone shows nothing of what the call for many items refuses.
  if (parcel.operation === run.operation) lower(run, 'items', run.splitter.succeeded(parcel))
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
    const reason = reasonOf(run, { ...outcome, status, requestId })
    const delay = outcome.retryable && !run.isStopping ? delayFor(run, slot, asked) : undefined
    if (delay === undefined) slot.batch.fail(slot.index, reason)
    else sendAgain(run, parcel, { ...slot, reason }, delay)
    longest = delay === undefined ? longest : Math.max(longest ?? 0, delay)
  }
  tellPace(run, parcel, startedAt, refused, asked)
  return longest
}

/** Has an item sent again: with others like it, unless it has to go alone. */
function sendAgain<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  parcel: Parcel<Item, Detail>,
  slot: Slot<Item, Detail>,
  delay: number,
): void {
  if (parcel.operation === run.operation) run.pool.add(slot, performance.now(), delay)
  else run.queue.later(parcelOf(parcel.operation, [slot], { attempts: parcel.attempts + 1 }), delay)
}

function settleRefusal<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  parcel: Parcel<Item, Detail>,
  refusal: Refusal,
  result: AttemptResult<Detail>,
): number | undefined {
  const { family, mended: before = [] } = parcel
  const remedy = remedyFor(refusal, result, before, run.store)
  const transient = remedy === 'retry' || remedy === 'slow'
  const isMended = remedy === 'reclock' || remedy === 'renew'
  const isSentAgain = transient || isMended
  // After another refusal, credentials that are refused as expired have expired once more.
  const mended = isMended ? [...before, remedy] : before.filter((done) => done !== 'renew')
  const isCut = remedy === 'split' || remedy === 'fewer-items' || remedy === 'fewer-bytes'
  // What was not sent this time has learnt nothing about what was sent before.
  const slots = result.sent ? slotsOf(parcel).map(({ batch, index }) => ({ batch, index })) : slotsOf(parcel)
  const shown = { transient, arrived: refusal.arrived !== false, unsure: refusal.unsure, sent: result.sent }
  for (const { batch, index } of slots) batch.attempted(index, shown)
  const said = reasonOf(run, { ...refusal, retryable: isSentAgain || refusal.code === 'Aborted' })
  const reason = result.sent ? said : (parcel.reason ?? said)
  const history = { attempts: parcel.attempts + (result.sent ? 1 : 0), reason, family, mended }
  const asked = refusal.retryAfterMs ?? result.askedMs
  if (remedy === 'slow') tellPace(run, parcel, result.startedAt, slots.length, asked)
  if (refusal.code === 'Timeout' && result.sent) run.pace.late(result.startedAt, performance.now())
  if (remedy === 'halt') run.end({ ...said, cause: result.cause })
  if (family && isSentAgain) run.splitter.unanswered(family)
  if (isCut)
    split(run, { ...parcel, slots }, refusal, { ...history, family: familyOf(parcel, reason) }, result.bytesSent)
  else if (!isSentAgain || run.isStopping) run.ledger.failAll(slots, reason)
  else if (transient) return retry(run, parcel, slots, { ...refusal, retryAfterMs: asked }, history, result.cause)
  else run.queue.unshift(parcelOf(parcel.operation, slots, history))
  return undefined
}

/** Sends a request again, later, without the items whose attempts are used up. Gives the delay. */
function retry<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  parcel: Parcel<Item, Detail>,
  slots: readonly Slot<Item, Detail>[],
  refusal: Refusal,
  history: History & { readonly reason: Reason },
  cause: unknown,
): number | undefined {
  const kept: Slot<Item, Detail>[] = []
  let delay: number | undefined
  for (const slot of slots) {
    const wait = delayFor(run, slot, refusal.retryAfterMs)
    if (wait === undefined) run.ledger.failAll([slot], history.reason)
    else kept.push(slot)
    // One draw for all: they travel together.
    delay ??= wait
  }
  if (kept.length > 0) run.queue.later(parcelOf(parcel.operation, kept, history), delay ?? 0)
  else if (refusal.endsRunAs)
    run.end({ code: refusal.endsRunAs, message: run.store.redactor.redact(refusal.message), cause })
  return delay
}

/** Cuts a refused request in two, to find the item at fault, or because the store takes less than documented. */
function split<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  parcel: Parcel<Item, Detail>,
  { remedy }: Refusal,
  history: History & { readonly reason: Reason; readonly family: Family },
  bytesSent: number,
): void {
  const size = Math.ceil(parcel.items.length / 2)
  if (parcel.items.length === 1 && remedy !== 'split') {
    // Less than one there is not, so the limits that were found may be this item's fault alone.
    Object.assign(run.limits, { items: run.operation.maxItems, bytes: run.operation.maxBytes })
  }
  if (parcel.items.length === 1 || run.splitter.isOver(history.family)) {
    run.ledger.failAll(slotsOf(parcel), history.reason)
    return
  }
  // As long as it is looked for, each may be a good one.
  const reason = { ...history.reason, retryable: true }
  if (run.isStopping) {
    run.ledger.failAll(slotsOf(parcel), reason)
    return
  }
  if (remedy === 'fewer-items') lower(run, 'items', size)
  if (remedy === 'fewer-bytes') lower(run, 'bytes', Math.ceil(bytesSent / 2))
  // Before all others: one question is pursued to its end before the next is asked.
  run.queue.unshift(...cutOff(parcel, size, { ...history, reason, siblings: { size, succeeded: 0 } }))
}

/** Takes over what the store turns out to take, for the rest of the run. */
function lower<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  limit: keyof Limits,
  most: number | undefined,
): void {
  if (most !== undefined) run.limits[limit] = Math.min(run.limits[limit], most)
}

/** How long an item waits before it is sent again; undefined where it is not. */
function delayFor<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  { batch, index }: Slot<Item, Detail>,
  askedMs?: number,
): number | undefined {
  return retryDelay(run.store.retry, batch.failures(index), run.store.random, askedMs)
}

function tellPace<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  { items }: Parcel<Item, Detail>,
  startedAt: number,
  refused: number,
  askedMs?: number,
): void {
  if (refused > 0) run.ledger.tally.throttled++
  run.pace.answered({ startedAt, items: items.length, refused, askedMs }, performance.now())
}

function reasonOf<Item, Detail extends object>(
  run: RunParts<Item, Detail>,
  { code, message, retryable, status, requestId }: Reason,
): Reason {
  const { redactor } = run.store
  return {
    code: redactor.redact(code),
    message: redactor.redact(message),
    retryable,
    status,
    requestId: requestId && redactor.redact(requestId),
  }
}

/** The requests that a refused one belongs to from now on. */
function familyOf<Item, Detail extends object>({ family, items }: Parcel<Item, Detail>, reason: Reason): Family {
  if (!family) return { size: items.length, reason }
  family.reason = reason
  return family
}
