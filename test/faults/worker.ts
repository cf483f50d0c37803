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
  const failures: Failure[] = []
  const [faults, outcomes, endings]: [Counts, Counts, Counts] = [{}, {}, {}]
  let [passed, requests, keys] = [0, 0, 0]
  const fail = (seed: number | undefined, lies: readonly string[]) => {
    const failure = { seed, lies: lies.slice(0, MOST_LIES), more: Math.max(0, lies.length - MOST_LIES) }
    failures.push(failure)
    void tell({ failure })
  }
  const surprises: string[] = []
  const note = (what: string) => (reason: unknown) =>
    surprises.push(`${what}: ${reason instanceof Error ? reason.stack : String(reason)}`)
  const notices = {
    unhandledRejection: note('unhandled rejection'),
    warning: note('warning'),
    uncaughtException: note('uncaught exception'),
  }
  for (const [name, listener] of Object.entries(notices)) process.on(name, listener)
  const before = activeResources()
  // Whoever follows a redirect comes here.
  const trap = createServer((request, response) => {
    surprises.push(`a redirect was followed: ${request.method} ${request.url}`)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(trap, 'listening')
  const elsewhere = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/elsewhere`
  const queue = [...seeds]
  const runner = async () => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const plan = planOf(seed)
      try {
        const account = await carryOut(plan, elsewhere)
        const lies = judge(account)
        if (lies.length > 0) fail(seed, lies)
        else passed++
        addCounts(faults, account.proxy.counts)
        addCounts(outcomes, outcomesOf(account))
        count(endings, endingOf(account))
        requests += account.exchanges.length
        keys += account.stock.given.length
      } catch (error) {
        fail(seed, [`the campaign itself broke: ${error instanceof Error ? error.stack : error}`])
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, runner))
  trap.close()
  await once(trap, 'close')
  surprises.push(...(await leftovers(before)))
  for (const [name, listener] of Object.entries(notices)) process.off(name, listener)
  if (surprises.length > 0) fail(undefined, surprises)
  return { passed, failures, faults, outcomes, endings, requests, keys }
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
