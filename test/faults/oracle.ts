import { inspect } from 'node:util'
import { type DeletedKey, type FailedKey, isKeysweepError } from 'keysweep'
import type { Given } from './input.js'
import { type Exchange, sayingOf } from './proxy.js'
import type { Account, Report } from './run.js'
import { CONTAINER, STORES } from './stores.js'

const LOCAL_CODES = new Set(['InvalidKey', 'InvalidEntry'])
const DOTS = /(^|\/)\.{1,2}(\/|$)/

/** What is reported of one item of the input. */
interface Fate {
  readonly given: Given
  readonly index: number
  readonly done?: DeletedKey
  readonly failed?: FailedKey
}

/** Holds what a run has said against what the fault layer and the store have seen. Gives every lie, in words. */
export function judge(account: Account): string[] {
  const lies: string[] = [...account.leftovers.map((what) => `left behind: ${what}`)]
  const fates = fatesOf(account, lies)
  const truth = new Truth(account)
  for (const fate of fates) truth.judge(fate, lies)
  judgeRequests(account, fates, lies)
  judgeEnding(account, lies)
  judgeNumbers(account, lies)
  judgeSecrecy(account, lies)
  return lies
}

/** Puts what is reported to the items of the input, in order; what cannot be put is a lie. */
function fatesOf(account: Account, lies: string[]): Fate[] {
  const { given } = account.stock
  const parts = account.plan.consumer === 'whole' ? [account.report] : account.batches
  const fates: Fate[] = []
  const covered = new Set<number>()
  let through = 0
  for (const part of parts) {
    if (!part) continue
    const { offset = 0, count = part.stats.items } = part
    const items = given.slice(offset, offset + count)
    const found = interleave(items, part, account.plan.dryRun)
    if (!found) lies.push(`the items from ${offset} are not all reported once and in order`)
    else
      for (const [index, fate] of found.entries())
        fates.push({ given: items[index] as Given, index: offset + index, ...fate })
    for (let index = offset; index < offset + count; index++)
      if (covered.size === covered.add(index).size) lies.push(`item ${index} is in two batches`)
    while (covered.has(through)) through++
    if (part.settledThrough !== undefined && part.settledThrough !== through)
      lies.push(`settledThrough is ${part.settledThrough}, not ${through}`)
  }
  return fates
}

type Reported = Pick<Fate, 'done' | 'failed'>

/** Tells the items apart into the two lists, each in input order; undefined where that cannot be done. */
function interleave(items: readonly Given[], { done, failed }: Report, dryRun: boolean): Reported[] | undefined {
  if (dryRun) return interleaveFailed(items, failed)
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
  const fates: Reported[] = []
  let taken = done.length
  for (let index = items.length - 1; index >= 0; index--) {
    const wasDone = steps[index]?.get(taken) === true
    if (wasDone) taken--
    fates.unshift(wasDone ? { done: done[taken] as DeletedKey } : { failed: failed[index - taken] as FailedKey })
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

/** The store and the wire, as they were. */
class Truth {
  /** Requests by the ids they carried. */
  readonly #exchanges = new Map<string, Exchange[]>()
  readonly #times = new Map<string, number>()
  readonly #held: ReadonlySet<string>
  /** Requests that were lost unread, so that nobody knows what they carried. */
  readonly #hasLost: boolean
  readonly #timedOut: boolean

  constructor(readonly account: Account) {
    const { exchanges, stock, state, plan, proxy } = account
    for (const exchange of exchanges)
      for (const id of exchange.asked?.ids ?? []) {
        const others = this.#exchanges.get(id)
        if (others) others.push(exchange)
        else this.#exchanges.set(id, [exchange])
      }
    for (const { key } of stock.given) this.#times.set(key, (this.#times.get(key) ?? 0) + 1)
    this.#held = new Set(state.keys(plan.store, CONTAINER))
    this.#hasLost = proxy.lostConnections > 0 || exchanges.some(({ asked }) => asked === undefined)
    this.#timedOut = account.events.some(
      ({ code, durationMs }) => code === 'Timeout' && durationMs >= plan.timeoutMs - 2,
    )
    const given = new Set(stock.given.map(({ key }) => key))
    this.missing = [...stock.held].filter((key) => !given.has(key) && !this.#held.has(key))
  }

  /** Keys that nobody named and that are gone all the same. */
  readonly missing: readonly string[]

  judge(fate: Fate, lies: string[]): void {
    const { given, done, failed } = fate
    const { id } = given
    if (id === undefined) return
    const lie = (what: string) => lies.push(`item ${fate.index}, ${id.slice(0, 60)}: ${what} ${this.#evidence(fate)}`)
    if (done) this.#judgeDone(id, given, done, lie)
    if (failed) this.#judgeFailed(id, given, failed, lie)
  }

  #evidence({ given, failed, done }: Fate): string {
    const exchanges = this.#exchanges.get(given.id ?? '') ?? []
    const told = exchanges.map(
      (exchange) => `${exchange.status ?? '-'} ${exchange.code ?? ''} ${sayingOf(exchange, given.id ?? '')}`,
    )
    return `(${JSON.stringify({ ...(failed ?? done), key: undefined })}; told: ${told.join(', ') || 'nothing'})`
  }

  #judgeDone(id: string, given: Given, done: DeletedKey, lie: (what: string) => void): void {
    const { plan, state } = this.account
    const exchanges = this.#exchanges.get(id) ?? []
    if (!exchanges.some((exchange) => sayingOf(exchange, id) === 'done')) lie('done, and the store never said so')
    if (plan.action === 'put') {
      if (!this.#held.has(given.key)) lie('written, and not there')
      return
    }
    if (this.#isThere(given)) lie('deleted, and still there')
    const { deleteMarkerVersionId: marker } = done
    if (
      marker !== undefined &&
      !state.versions(plan.store, CONTAINER, given.key).some((one) => one.versionId === marker && one.deleteMarker) &&
      given.versionId === undefined
    )
      lie('made a delete marker that is not there')
  }

  #judgeFailed(id: string, given: Given, failed: FailedKey, lie: (what: string) => void): void {
    const { plan, aborted, refusedConnections, stock } = this.account
    const { outcome, attempts, code } = failed
    // Requests that carried a twin tell nothing of this one.
    if (this.#times.get(given.key) !== 1) return
    const exchanges = this.#exchanges.get(id) ?? []
    if (attempts < exchanges.length) lie(`seen ${exchanges.length} times`)
    if (outcome === 'not-sent' && exchanges.length > 0) lie('never sent, and seen by the store')
    if (outcome === 'not-sent' && attempts > 0 && refusedConnections === 0 && !this.#hasLost)
      lie('tried, and never sent')
    if (outcome === 'refused') {
      if (exchanges.some((exchange) => sayingOf(exchange, id) !== 'no')) lie('refused, and may have been done')
      if (exchanges.length === 0 && !this.#hasLost) lie('refused, and never seen by the store')
      if (attempts > exchanges.length && refusedConnections === 0 && !this.#hasLost)
        lie('refused, and some attempts unseen')
    }
    if (outcome !== 'unknown') {
      const wasThere = given.versionId === undefined ? stock.held.has(given.key) : stock.versions.has(id)
      const isThere = this.#isThere(given)
      if (plan.action === 'delete' ? wasThere && !isThere : !wasThere && isThere) lie('changed all the same')
    } else {
      const isUnclear = exchanges.some((exchange) => sayingOf(exchange, id) !== 'no')
      const isExcused = aborted || this.account.left || this.#timedOut || (attempts > exchanges.length && this.#hasLost)
      if (!isUnclear && !isExcused) lie('unknown, for no reason')
    }
    this.#judgePatience(id, failed, exchanges, lie)
  }

  /** What may pass is tried as often as the plan says, and what asks for patience is given it. */
  #judgePatience(
    id: string,
    { retryable, attempts, code }: FailedKey,
    exchanges: readonly Exchange[],
    lie: (what: string) => void,
  ): void {
    const { plan, report, error } = this.account
    const isCutShort =
      error !== undefined || this.account.left || report?.resumeFrom !== undefined || plan.maxRequests !== undefined
    // Attempts without credentials count as failures, but carry nothing.
    const isExcused =
      plan.retryAfter !== undefined || plan.emulator.retryAfter || /once|fails/.test(plan.credentials) || this.#timedOut
    if (retryable && !isCutShort && !isExcused && attempts < plan.retry.maxAttempts)
      lie(`may succeed later, and was given up (${code})`)
    // What was not heard cannot be obeyed.
    if (this.#timedOut) return
    exchanges.forEach((exchange, index) => {
      const next = exchanges[index + 1]
      if (!exchange.askedMs || !next || sayingOf(exchange, id) === 'done') return
      if (exchange.askedMs > plan.retry.maxDelayMs) lie('sent again, though it asked for longer than allowed')
      else if (next.at - (exchange.endedAt ?? 0) < exchange.askedMs - 20) lie('sent again too soon')
    })
  }

  #isThere({ key, versionId }: Given): boolean {
    const { plan, state } = this.account
    if (versionId === undefined) return this.#held.has(key)
    return state.versions(plan.store, CONTAINER, key).some((version) => version.versionId === versionId)
  }
}

/** What was sent keeps to the limits, and nothing was sent that was not taken. */
function judgeRequests(account: Account, fates: readonly Fate[], lies: string[]): void {
  const { plan, stock, exchanges, report, input, left, proxy } = account
  const { mostItems, mostBytes } = STORES[plan.store]
  const taken = left ? (input.isWatched ? input.pulled : stock.given.length) : fates.length
  const mayBeSent = new Map<string, Set<string | undefined>>()
  for (const { id, value } of stock.given.slice(0, taken))
    if (id !== undefined) mayBeSent.set(id, (mayBeSent.get(id) ?? new Set()).add(value))
  for (const { asked, bodyBytes } of exchanges) {
    if (!asked) continue
    const { ids, values, single } = asked
    if (ids.length > mostItems || (bodyBytes > mostBytes && !single))
      lies.push(`a request of ${ids.length} keys and ${bodyBytes} bytes`)
    if (new Set(ids).size < ids.length && !plan.conditional) lies.push('a request names a key twice')
    ids.forEach((id, index) => {
      if (!mayBeSent.get(id)?.has(values?.[index])) lies.push(`sent, and never taken: ${id.slice(0, 60)}`)
    })
  }
  if (plan.dryRun && exchanges.length > 0) lies.push('sent in a dry run')
  const { maxRequests = Number.POSITIVE_INFINITY } = plan
  if (exchanges.length > maxRequests) lies.push(`${exchanges.length} requests, and no more than ${maxRequests} allowed`)
  if (report && exchanges.length > report.stats.requests && !plan.dryRun)
    lies.push(`${exchanges.length} requests, of which it knows ${report.stats.requests}`)
  // What was given up may still have been on its way.
  const isCalm =
    !account.aborted &&
    !left &&
    account.error === undefined &&
    account.events.every(({ code }) => code !== 'Timeout' && code !== 'NetworkError')
  if (!isCalm) return
  if (exchanges.length > account.requestsAtEnd) lies.push('went on after its end')
  if (report && plan.consumer === 'whole' && !plan.dryRun && report.stats.requests !== exchanges.length)
    lies.push(`counted ${report.stats.requests} requests, not ${exchanges.length}`)
  if (proxy.mostAtOnce > plan.concurrency) lies.push(`${proxy.mostAtOnce} requests at once, not ${plan.concurrency}`)
}

/** How a run ended, and whether it had to end so. */
function judgeEnding(account: Account, lies: string[]): void {
  const { plan, error, report, stock, input, left, aborted, callbackThrew, exchanges } = account
  for (const key of new Truth(account).missing) lies.push(`a key that nobody named is gone: ${key.slice(0, 60)}`)
  if (error !== undefined) {
    if (!isKeysweepError(error)) return void lies.push(`threw ${inspect(error).slice(0, 300)}`)
    const { code, name } = error
    const isToldBy = (status: number | undefined, told: string | undefined) =>
      (told ?? 'BadResponse') === code && status !== undefined
    const reasons: Readonly<Record<string, boolean>> = {
      Aborted: aborted && name === 'AbortError',
      SourceFailed: plan.source === 'throws',
      CallbackFailed: callbackThrew,
      CredentialsFailed: /fails/.test(plan.credentials),
    }
    const isRefusal = exchanges.some((exchange) => isToldBy(exchange.status, exchange.code))
    if (!(reasons[code] ?? isRefusal)) lies.push(`ended for no reason: ${error.message}`)
    if (!report || report.resumeFrom === undefined) lies.push('ended with an error that says not where to resume')
  } else if (!left && plan.consumer === 'whole' && !report) lies.push('no report')
  if (left) return
  const taken =
    plan.consumer === 'whole'
      ? (report?.stats.items ?? 0)
      : account.batches.reduce((sum, batch) => sum + (batch.count ?? 0), 0)
  const resumeFrom = report?.resumeFrom ?? account.batches.find((batch) => batch.resumeFrom !== undefined)?.resumeFrom
  if (resumeFrom !== undefined && resumeFrom !== taken) lies.push(`resumes from ${resumeFrom}, and took ${taken}`)
  const endedEarly = error !== undefined || plan.maxRequests !== undefined
  if (!endedEarly && taken !== stock.given.length) lies.push(`took ${taken} items of ${stock.given.length}`)
  if (
    plan.maxRequests !== undefined &&
    resumeFrom === undefined &&
    taken !== stock.given.length &&
    account.batches.length > 0
  )
    lies.push('stopped, and says not where to resume')
  if (!input.isWatched) return
  const isLater = ['asynchronous', 'slow', 'stream', 'hangs', 'throws'].includes(plan.source)
  if (input.pulled > taken + (isLater ? 2 : 0)) lies.push(`pulled ${input.pulled} items, and took ${taken}`)
  if (
    resumeFrom !== undefined &&
    taken < stock.given.length &&
    !input.closed &&
    ['generator', 'stream'].includes(plan.source) &&
    input.pulled > 0
  )
    lies.push('did not let go of its input')
}

/** The numbers add up, and agree with what was sent. */
function judgeNumbers(account: Account, lies: string[]): void {
  const { plan, report, batches, exchanges, progress, events } = account
  const doneIn = ({ stats }: Report) => ('deleted' in stats ? stats.deleted : stats.written)
  for (const part of plan.consumer === 'whole' ? [report] : batches) {
    if (!part) continue
    if (doneIn(part) !== part.done.length || part.stats.failed !== part.failed.length)
      lies.push('stats do not count what is listed')
    if (part.stats.items !== (part.count ?? part.stats.items)) lies.push('stats do not count the items of their batch')
  }
  if (report && report.stats.retries > report.stats.requests) lies.push('more retries than requests')
  const seen = exchanges.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
  if (report && !plan.dryRun && seen > report.stats.bytesSent && !account.aborted)
    lies.push(`${seen} bytes came in, of ${report.stats.bytesSent}`)
  if (report && plan.consumer !== 'whole')
    for (const name of ['items', 'failed', 'requests', 'retries', 'throttled', 'bytesSent', 'bytesReceived'] as const) {
      const sum = batches.reduce((total, { stats }) => total + stats[name], 0)
      if (sum > report.stats[name]) lies.push(`batches have more ${name} than the run: ${sum}, ${report.stats[name]}`)
    }
  for (const [index, now] of progress.entries()) {
    const before = progress[index - 1]
    if (now.inFlight > plan.concurrency || now.concurrency > plan.concurrency)
      lies.push('progress beyond its concurrency')
    if (now.total !== account.input.total) lies.push(`progress of ${now.total} items`)
    for (const name of ['items', 'requests', 'failed', 'bytesSent'] as const)
      if (before && now[name] < before[name] && name !== 'requests') lies.push(`progress goes back in ${name}`)
  }
  const attempts = events.length
  if (report && plan.consumer === 'whole' && !plan.dryRun && attempts < report.stats.requests)
    lies.push(`onAttempt told ${attempts} times of ${report.stats.requests}`)
}

/** Nothing that is thrown or told shows a secret. */
function judgeSecrecy({ error, report, batches, events, identity }: Account, lies: string[]): void {
  const messages = [report, ...batches].flatMap(
    (part) => part?.failed.map(({ code, message, requestId }) => `${code} ${message} ${requestId}`) ?? [],
  )
  const shown = [
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(error),
    ...new Set(messages),
    JSON.stringify(events),
  ].join('\n')
  for (const secret of identity.secrets)
    for (const form of [secret, encodeURIComponent(secret)]) if (shown.includes(form)) lies.push('shows a secret')
}
