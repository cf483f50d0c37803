// Carries out the runs of some seeds, several at a time, in a process of its own.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { addCounts, type Counts, count } from './counts.js'
import { judge } from './oracle.js'
import { planOf } from './plan.js'
import { type Account, carryOut } from './run.js'
import { activeResources } from './watch.js'

export interface Job {
  readonly seeds: readonly number[]
  readonly atOnce: number
}

/** What came of a run, or of the process as a whole where there is no seed. */
export interface Failure {
  readonly seed: number | undefined
  readonly lies: readonly string[]
  /** Further ones that are not told. */
  readonly more: number
}

const MOST_LIES = 5

export interface Result {
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly faults: Counts
  readonly outcomes: Counts
  readonly endings: Counts
  readonly requests: number
  readonly keys: number
}

/** What a worker tells the campaign. */
export type Told = { readonly failure: Failure } | { readonly result: Result }

/** Resolves once it has left. */
const tell = (told: Told): Promise<void> => new Promise((resolve) => process.send?.(told, () => resolve()))

process.once('message', async (job: Job) => {
  await tell({ result: await work(job) })
  // Whatever was left behind has been told.
  process.exit()
})

/** Carries out the runs of a job. */
async function work({ seeds, atOnce }: Job): Promise<Result> {
  const tally = { passed: 0, failures: [] as Failure[], faults: {}, outcomes: {}, endings: {}, requests: 0, keys: 0 }
  const fail = (seed: number | undefined, lies: readonly string[]) => {
    const failure = { seed, lies: lies.slice(0, MOST_LIES), more: Math.max(0, lies.length - MOST_LIES) }
    tally.failures.push(failure)
    void tell({ failure })
  }
  const surprises: string[] = []
  watchProcess(surprises)
  const before = activeResources()
  // Whoever follows a redirect comes here.
  const trap = createServer(({ method, url }, response) => {
    surprises.push(`a redirect was followed: ${method} ${url}`)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(trap, 'listening')
  const elsewhere = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/elsewhere`
  const runOne = async (seed: number) => {
    const account = await carryOut(planOf(seed), elsewhere)
    const lies = judge(account)
    if (lies.length > 0) fail(seed, lies)
    else tally.passed++
    addCounts(tally.faults, account.layer.counts)
    addCounts(tally.outcomes, outcomesOf(account))
    count(tally.endings, endingOf(account))
    tally.requests += account.exchanges.length
    tally.keys += account.stock.given.length
  }
  const queue = [...seeds]
  const runSome = async () => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift())
      await runOne(seed).catch((error: Error) => fail(seed, [`the campaign itself broke: ${error.stack}`]))
  }
  await Promise.all(Array.from({ length: atOnce }, runSome))
  trap.close()
  await once(trap, 'close')
  surprises.push(...(await leftovers(before)))
  if (surprises.length > 0) fail(undefined, surprises)
  return tally
}

/** Notes what must not happen in any run, and cannot be put to one. */
function watchProcess(surprises: string[]): void {
  for (const event of ['unhandledRejection', 'warning', 'uncaughtException'])
    process.on(event, (reason) =>
      surprises.push(`${event}: ${reason instanceof Error ? reason.stack : String(reason)}`),
    )
}

/** What keeps this process alive that did not before. Sockets take a moment to close. */
async function leftovers(before: Counts): Promise<string[]> {
  const more = () => Object.entries(activeResources()).filter(([kind, number]) => number > (before[kind] ?? 0))
  for (let tries = 0; tries < 100 && more().length > 0; tries++) await pause(20)
  return more().map(([kind, number]) => `${number} ${kind} left, ${before[kind] ?? 0} before`)
}

function outcomesOf({ plan, report, batches }: Account): Counts {
  const counts: Counts = {}
  for (const part of plan.consumer === 'whole' ? [report] : batches) {
    count(counts, plan.action === 'put' ? 'written' : 'deleted', part?.done.length)
    for (const { outcome } of part?.failed ?? []) count(counts, outcome)
  }
  return counts
}

function endingOf({ error, left, plan, report, batches }: Account): string {
  if (error !== undefined) return String((error as { code?: string }).code)
  if (left) return 'left by its consumer'
  if (plan.dryRun) return 'dry run'
  return [report, ...batches].some((part) => part?.resumeFrom !== undefined) ? 'budget spent' : 'complete'
}
