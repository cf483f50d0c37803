import type { DeletedKey, FailedKey } from 'keysweep'
import type { Report } from './consumer.js'
import type { Given } from './input.js'
import type { Account } from './run.js'

const LOCAL_CODES = new Set(['InvalidKey', 'InvalidEntry'])
const DOTS = /(^|\/)\.{1,2}(\/|$)/

/** What is reported of one item of the input. */
export interface Fate {
  readonly given: Given
  readonly index: number
  readonly done?: DeletedKey
  readonly failed?: FailedKey
}

/** Puts what is reported to the items of the input, in order; what cannot be put is a lie. */
export function fatesOf({ plan, stock, report, batches }: Account, lie: (what: string) => void): Fate[] {
  const fates: Fate[] = []
  const covered = new Set<number>()
  let through = 0
  for (const part of plan.consumer === 'whole' ? [report] : batches) {
    if (!part) continue
    const { offset = 0, count = part.stats.items } = part
    const items = stock.given.slice(offset, offset + count)
    const found = plan.dryRun ? interleaveFailed(items, part.failed) : interleave(items, part)
    if (!found) lie(`the items from ${offset} are not all reported once and in order`)
    for (const [place, given] of items.entries()) {
      const index = offset + place
      if (found) fates.push({ given, index, ...found[place] })
      if (covered.size === covered.add(index).size) lie(`item ${index} is in two batches`)
    }
    while (covered.has(through)) through++
    if (part.settledThrough !== undefined && part.settledThrough !== through)
      lie(`settledThrough is ${part.settledThrough}, not ${through}`)
  }
  return fates
}

type Reported = Pick<Fate, 'done' | 'failed'>

/** Tells the items apart into the two lists, each in input order; undefined where that cannot be done. */
function interleave(items: readonly Given[], { done, failed }: Report): Reported[] | undefined {
  if (done.length + failed.length !== items.length) return undefined
  // For each number of items, the numbers of done ones that are possible; each with the choice that led there.
  const steps: Map<number, boolean>[] = []
  let reached: ReadonlySet<number> = new Set([0])
  for (const [index, item] of items.entries()) {
    const step = new Map<number, boolean>()
    for (const taken of reached) {
      if (isDone(item, done[taken])) step.set(taken + 1, true)
      if (isFailed(item, failed[index - taken])) step.set(taken, step.get(taken) ?? false)
    }
    steps.push(step)
    reached = new Set(step.keys())
  }
  if (!reached.has(done.length)) return undefined
  const fates: Reported[] = new Array(items.length)
  let taken = done.length
  for (let index = items.length - 1; index >= 0; index--) {
    const wasDone = steps[index]?.get(taken) === true
    if (wasDone) taken--
    fates[index] = wasDone ? { done: done[taken] as DeletedKey } : { failed: failed[index - taken] as FailedKey }
  }
  return fates
}

/** Nothing is done in a dry run, so that only failures are listed: what cannot be sent, and what was not looked at. */
function interleaveFailed(items: readonly Given[], failed: readonly FailedKey[]): Reported[] | undefined {
  let next = 0
  const fates = items.map((item): Reported => {
    const failure = failed[next]
    if (failure?.outcome !== 'not-sent' || !isFailed(item, failure)) return {}
    next++
    return { failed: failure }
  })
  return next === failed.length ? fates : undefined
}

const isDone = ({ id, key, versionId }: Given, done: DeletedKey | undefined): boolean =>
  id !== undefined && done?.key === key && (versionId === undefined || done.versionId === versionId)

function isFailed({ id, key, versionId }: Given, failed: FailedKey | undefined): boolean {
  if (!failed) return false
  if (id === undefined) return failed.outcome === 'not-sent' && LOCAL_CODES.has(failed.code)
  // A path of dots is the one valid key that a transport may be unable to say.
  if (LOCAL_CODES.has(failed.code) && !DOTS.test(key)) return false
  return failed.key === key && failed.versionId === versionId
}
