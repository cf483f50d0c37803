import { expect } from 'vitest'
import type { DeleteReport } from '../../src/report.js'
import { count } from './tally.js'

/** Keys of one outcome that are where it says they are not. Empty, all of them, or the report lies. */
interface Lies {
  readonly deletedButThere: string[]
  readonly refusedButGone: string[]
  readonly unsentButGone: string[]
}

/**
 * Holds a report against the store, key for key: what is reported deleted is gone, and what is reported refused or never
 * sent is still there. Only `unknown` may be either. Every key that was given is reported, once for each time it was
 * given, and in that order.
 *
 * @param given The keys of the run, in its order.
 * @param stored The keys the store held before it.
 * @param left The keys the store holds after it.
 */
export function expectTruth(
  report: DeleteReport,
  given: readonly string[],
  stored: Iterable<string>,
  left: Iterable<string>,
): void {
  const before = new Set(stored)
  const after = new Set(left)
  countKeys('deleted', report.deleted, before, after)
  for (const outcome of ['refused', 'not-sent', 'unknown'] as const)
    countKeys(
      outcome,
      report.failed.filter((item) => item.outcome === outcome),
      before,
      after,
    )
  const goneKeys = (outcome: string) =>
    report.failed.flatMap((item) =>
      item.outcome === outcome && before.has(item.key) && !after.has(item.key) ? [item.key] : [],
    )
  const lies: Lies = {
    deletedButThere: report.deleted.flatMap(({ key }) => (after.has(key) ? [key] : [])),
    refusedButGone: goneKeys('refused'),
    unsentButGone: goneKeys('not-sent'),
  }
  expect(lies).toEqual({ deletedButThere: [], refusedButGone: [], unsentButGone: [] })
  expect(misplaced(report, given)).toEqual([])
  expect(report.stats).toMatchObject({
    items: given.length,
    deleted: report.deleted.length,
    failed: report.failed.length,
  })
  const named = new Set(given)
  const bystanders = [...before].filter((key) => !named.has(key) && !after.has(key))
  expect(bystanders, 'keys that nobody named').toEqual([])
}

function countKeys(
  outcome: string,
  reported: readonly { readonly key: string }[],
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): void {
  const told = (column: string, keys: number) =>
    count('What reports say, and what listings show', outcome, column, keys)
  told('keys', reported.length)
  told('stored before', reported.filter(({ key }) => before.has(key)).length)
  told('still there', reported.filter(({ key }) => after.has(key)).length)
}

/** What is not reported once for each time it was given, in the order in which it was given. */
function misplaced({ deleted, failed }: DeleteReport, given: readonly string[]): string[] {
  let fromDeleted = 0
  let fromFailed = 0
  const wrong: string[] = []
  for (const key of given) {
    if (deleted[fromDeleted]?.key === key) fromDeleted++
    else if (failed[fromFailed]?.key === key) fromFailed++
    else wrong.push(key)
  }
  for (const { key } of [...deleted.slice(fromDeleted), ...failed.slice(fromFailed)]) wrong.push(key)
  return wrong
}

/** How many keys have which outcome. */
export function countOutcomes({ deleted, failed }: DeleteReport): Record<string, number> {
  const counts: Record<string, number> = { deleted: deleted.length }
  for (const { outcome } of failed) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}
