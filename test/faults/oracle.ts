import { inspect } from 'node:util'
import { isKeysweepError, type KeysweepError } from 'keysweep'
import type { Report } from './consumer.js'
import { fatesOf } from './fates.js'
import type { Account } from './run.js'
import { STORES } from './stores.js'
import { Truth } from './truth.js'

type Lie = (what: string) => void

/** Holds what a run has said against what the fault layer and the store have seen. Gives every lie, in words. */
export function judge(account: Account): string[] {
  const lies = account.leftovers.map((what) => `left behind: ${what}`)
  const lie = (what: string) => void lies.push(what)
  const truth = new Truth(account)
  for (const fate of fatesOf(account, lie)) truth.judge(fate, lie)
  for (const key of truth.missing) lie(`a key that nobody named is gone: ${key.slice(0, 60)}`)
  for (const seed of account.layer.strays) lie(`the run of seed ${seed} sends, and is over`)
  judgeRequests(account, lie)
  if (account.error === undefined) judgeCompletion(account, lie)
  else if (isKeysweepError(account.error)) judgeError(account, account.error, lie)
  else lie(`threw ${inspect(account.error).slice(0, 300)}`)
  judgeInput(account, lie)
  judgeStats(account, lie)
  judgeProgress(account, lie)
  judgeSecrecy(account, lie)
  return lies
}

/** How many items were taken, for all that was reported. */
const takenIn = ({ plan, report, batches }: Account): number =>
  plan.consumer === 'whole' ? (report?.stats.items ?? 0) : batches.reduce((sum, { count = 0 }) => sum + count, 0)

/** What was sent keeps to the limits, and nothing was sent that was not taken. */
function judgeRequests(account: Account, lie: Lie): void {
  const { plan, stock, exchanges, report, input, left } = account
  const { mostItems, mostBytes } = STORES[plan.store]
  const taken = left ? (input.isWatched ? input.pulled : stock.given.length) : takenIn(account)
  const mayBeSent = new Map<string, Set<string | undefined>>()
  for (const { id, value } of stock.given.slice(0, taken))
    if (id !== undefined) mayBeSent.set(id, (mayBeSent.get(id) ?? new Set()).add(value))
  for (const { asked, bodyBytes } of exchanges) {
    if (!asked) continue
    const { ids, values, single } = asked
    if (ids.length > mostItems || (bodyBytes > mostBytes && !single))
      lie(`a request of ${ids.length} keys and ${bodyBytes} bytes`)
    if (new Set(ids).size < ids.length && !plan.conditional) lie('a request names a key twice')
    for (const [index, id] of ids.entries())
      if (!mayBeSent.get(id)?.has(values?.[index])) lie(`sent, and never taken: ${id.slice(0, 60)}`)
  }
  const { maxRequests = Number.POSITIVE_INFINITY } = plan
  if (plan.dryRun && exchanges.length > 0) lie('sent in a dry run')
  if (exchanges.length > maxRequests) lie(`${exchanges.length} requests, and no more than ${maxRequests} allowed`)
  if (report && exchanges.length > report.stats.requests && !plan.dryRun)
    lie(`${exchanges.length} requests, of which it knows ${report.stats.requests}`)
  if (isCalm(account)) judgeCalm(account, lie)
}

/** Whether every request had its answer, so that none was given up while it was on its way. */
const isCalm = ({ aborted, left, error, events }: Account): boolean =>
  !aborted && !left && error === undefined && events.every(({ code }) => code !== 'Timeout' && code !== 'NetworkError')

function judgeCalm({ plan, report, exchanges, requestsAtEnd, layer }: Account, lie: Lie): void {
  if (exchanges.length > requestsAtEnd) lie('went on after its end')
  if (report && !plan.dryRun && report.stats.requests !== exchanges.length)
    lie(`counted ${report.stats.requests} requests, not ${exchanges.length}`)
  if (layer.mostAtOnce > plan.concurrency) lie(`${layer.mostAtOnce} requests at once, not ${plan.concurrency}`)
}

/** Whether a run had to end with its error. */
function judgeError(account: Account, { code, name, message }: KeysweepError, lie: Lie): void {
  const { plan, report, aborted, callbackThrew, exchanges } = account
  const reasons: Readonly<Record<string, boolean>> = {
    Aborted: aborted && name === 'AbortError',
    SourceFailed: plan.source === 'throws',
    CallbackFailed: callbackThrew,
    CredentialsFailed: /fails/.test(plan.credentials),
  }
  const wasTold = exchanges.some((told) => told.status !== undefined && (told.code ?? 'BadResponse') === code)
  if (!(reasons[code] ?? wasTold)) lie(`ended for no reason: ${message}`)
  const taken = takenIn(account)
  if (report?.resumeFrom !== taken) lie(`resumes from ${report?.resumeFrom}, and took ${taken}`)
}

/** Whether a run without an error has come to its end, or says where to resume. */
function judgeCompletion(account: Account, lie: Lie): void {
  const { plan, report, batches, stock, left } = account
  if (left) return
  const taken = takenIn(account)
  const resumeFrom = [report, ...batches].find((part) => part?.resumeFrom !== undefined)?.resumeFrom
  if (resumeFrom !== undefined && resumeFrom !== taken) lie(`resumes from ${resumeFrom}, and took ${taken}`)
  if (taken === stock.given.length) return
  if (plan.maxRequests === undefined) lie(`took ${taken} items of ${stock.given.length}`)
  // Where there is no batch, nobody can be told.
  else if (resumeFrom === undefined && taken > 0) lie('stopped, and says not where to resume')
}

/** The input was read no further than reported, and let go of. */
function judgeInput(account: Account, lie: Lie): void {
  const { plan, input, stock, left } = account
  if (left || !input.isWatched) return
  const taken = takenIn(account)
  // An item that was asked for may come after the end.
  const spare = plan.source === 'generator' || plan.source === 'bare' ? 0 : 2
  if (input.pulled > taken + spare) lie(`pulled ${input.pulled} items, and took ${taken}`)
  const canClose = (plan.source === 'generator' || plan.source === 'stream') && input.pulled > 0
  if (canClose && taken < stock.given.length && !input.closed) lie('did not let go of its input')
}

/** The numbers count what is listed, and those of the batches make those of the run. */
function judgeStats(account: Account, lie: Lie): void {
  const { plan, report, batches, exchanges, events, aborted } = account
  for (const part of plan.consumer === 'whole' ? [report] : batches) {
    if (!part) continue
    const { items, failed } = part.stats
    if (doneIn(part) !== part.done.length || failed !== part.failed.length) lie('stats do not count what is listed')
    if (part.count !== undefined && items !== part.count) lie('stats do not count the items of their batch')
  }
  if (!report || plan.dryRun) return
  const { stats } = report
  if (stats.retries > stats.requests) lie('more retries than requests')
  if (events.length < stats.requests) lie(`onAttempt told ${events.length} times of ${stats.requests}`)
  const seen = exchanges.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
  if (seen > stats.bytesSent && !aborted) lie(`${seen} bytes came in, of ${stats.bytesSent}`)
  if (plan.consumer === 'whole') return
  for (const name of ['items', 'failed', 'requests', 'retries', 'throttled', 'bytesSent', 'bytesReceived'] as const) {
    const sum = batches.reduce((total, batch) => total + batch.stats[name], 0)
    if (sum > stats[name]) lie(`batches have more ${name} than the run: ${sum}, ${stats[name]}`)
  }
}

const doneIn = ({ stats }: Report): number => ('deleted' in stats ? stats.deleted : stats.written)

function judgeProgress({ plan, progress, input }: Account, lie: Lie): void {
  for (const [index, now] of progress.entries()) {
    if (now.inFlight > plan.concurrency || now.concurrency > plan.concurrency) lie('progress beyond its concurrency')
    if (now.total !== input.total) lie(`progress of ${now.total} items`)
    const before = progress[index - 1]
    for (const name of ['items', 'failed', 'bytesSent', 'bytesReceived', 'durationMs'] as const)
      if (before && now[name] < before[name]) lie(`progress goes back in ${name}`)
  }
}

/** Nothing that is thrown or told shows a secret. */
function judgeSecrecy({ error, report, batches, events, identity }: Account, lie: Lie): void {
  const failed = [report, ...batches].flatMap((part) => part?.failed ?? [])
  const told = new Set(failed.map(({ code, message, requestId }) => `${code} ${message} ${requestId}`))
  const thrown = [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)]
  const shown = [...thrown, ...told, JSON.stringify(events)].join('\n')
  for (const secret of identity.secrets)
    if (shown.includes(secret) || shown.includes(encodeURIComponent(secret))) lie('shows a secret')
}
