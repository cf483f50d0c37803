import { expect } from 'vitest'
import { type DeleteReport, isKeysweepError, type KeysweepError, type PutReport } from '../../src/index.js'
import type { Lab } from './lab.js'

/** Every item is in the report once, and each list is in the order of the input. */
export function expectAccounted(report: DeleteReport, keys: readonly string[]): void {
  const { deleted, failed, stats } = report
  const reported = [...deleted, ...failed].map(({ key }) => key).sort()
  const asked = [...keys].sort()
  // To tell how they differ takes long.
  if (reported.length !== asked.length || reported.some((key, at) => key !== asked[at])) expect(reported).toEqual(asked)
  expect(stats).toMatchObject({ items: keys.length, deleted: deleted.length, failed: failed.length })
  for (const list of [deleted, failed]) {
    let at = 0
    for (const { key } of list) {
      while (at < keys.length && keys[at] !== key) at++
      if (at === keys.length) expect.fail(`${JSON.stringify(key)} is out of order`)
      // The next entry with the same key is another item.
      at++
    }
  }
}

/** What the report says of keys that were all there before is what the store knows. */
export function expectHonest({ deleted, failed }: DeleteReport, lab: Lab): void {
  const held = new Set(lab.held)
  expect(deleted.filter(({ key }) => held.has(key))).toEqual([])
  expect(failed.filter(({ key, outcome }) => outcome !== 'unknown' && !held.has(key))).toEqual([])
}

/** A `KeysweepError` with a report of a deletion. */
export function expectKeysweepError(error: unknown): KeysweepError & { readonly report: DeleteReport } {
  if (!isKeysweepError(error)) throw error
  expect(error.report).toHaveProperty('deleted')
  return error as KeysweepError & { readonly report: DeleteReport }
}

/** The same of a put. */
export function expectPutError(error: unknown): KeysweepError & { readonly report: PutReport } {
  if (!isKeysweepError(error)) throw error
  expect(error.report).toHaveProperty('written')
  return error as KeysweepError & { readonly report: PutReport }
}
