import { keyOf, versionOf } from '../../src/items.js'
import type { ItemOutcome, Verdict } from '../../src/operation.js'
import type { Entry, Reading } from './reading.js'

/** What a decoder made of an answer, held against what the answer says beyond doubt; empty where nothing is wrong. */
export function complaints(
  verdict: Verdict<unknown>,
  items: readonly unknown[],
  quiet: boolean,
  reading: Reading | undefined,
): string[] {
  if (verdict.kind === 'refusal') return misshapen(verdict)
  const { outcomes } = verdict
  if (outcomes && outcomes.length !== items.length) return [`${outcomes.length} outcomes for ${items.length} items`]
  const wrong: string[] = []
  for (const [index, item] of items.entries()) {
    const outcome = outcomes ? outcomes[index] : { done: undefined }
    if (outcome === undefined) wrong.push(`no outcome for ${nameOf(item)}`)
    else if ('done' in outcome) {
      if (!reading || !isSaidDone(item, items, quiet, reading)) wrong.push(`${nameOf(item)} is called done`)
    } else {
      wrong.push(...misshapen(outcome))
      if (!outcome.unsure && reading && isListed(item, items, reading))
        wrong.push(`${nameOf(item)} is called certainly not done`)
    }
  }
  return wrong
}

/** How many items the answer says are done and the decoder does not. */
export const overlooked = (
  verdict: Verdict<unknown>,
  items: readonly unknown[],
  quiet: boolean,
  reading: Reading | undefined,
): number =>
  items.filter((item, index) => reading && isSaidDone(item, items, quiet, reading) && !isDone(verdict, index)).length

export const isDone = (verdict: Verdict<unknown>, index: number): boolean =>
  verdict.kind === 'outcomes' && (!verdict.outcomes || 'done' in (verdict.outcomes[index] as ItemOutcome<unknown>))

/** Whether the answer says of the item that it is done, by name or, to a quiet request, by silence. */
export function isSaidDone(item: unknown, items: readonly unknown[], quiet: boolean, reading: Reading): boolean {
  if (reading.failed.some((entry) => concerns(entry, item, items))) return false
  if (isListed(item, items, reading)) return true
  const isEveryFailureKnown = reading.failed.every((entry) => items.some((other) => concerns(entry, other, items)))
  return quiet && reading.isSilenceConsent && isEveryFailureKnown
}

const isListed = (item: unknown, items: readonly unknown[], { deleted }: Reading) =>
  deleted === 'all' || deleted.some((entry) => concerns(entry, item, items))

/** Whether an entry is the item's: that of its version, else that of an item without one, else that of the only candidate. */
function concerns({ key, version }: Partial<Entry>, item: unknown, items: readonly unknown[]): boolean {
  if (key !== keyOf(item)) return false
  const candidates = items.filter((other) => keyOf(other) === key)
  const exact = candidates.find((other) => versionOf(other) === version)
  const plain = candidates.find((other) => versionOf(other) === undefined)
  if (exact ?? plain) return (exact ?? plain) === item
  return version === undefined && candidates.length === 1
}

function misshapen(failure: { readonly code: unknown; readonly message: unknown; readonly retryAfterMs?: unknown }) {
  const wrong: string[] = []
  if (typeof failure.code !== 'string' || failure.code === '') wrong.push('a failure without a code')
  if (typeof failure.message !== 'string' || failure.message === '') wrong.push('a failure without a message')
  if (failure.retryAfterMs !== undefined && !(Number(failure.retryAfterMs) >= 0)) wrong.push('a delay that is none')
  return wrong
}

const nameOf = (item: unknown) => JSON.stringify(item)
