// The fault campaign: thousands of runs against the emulator behind a network that fails, each held against what was seen.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { inspect, parseArgs } from 'node:util'
import { record } from '../figures.js'
import { addCounts, type Counts } from './counts.js'
import { FATES, planOf } from './plan.js'
import type { Failure, Job, Result, Told } from './worker.js'

const USAGE = `npm run test:faults -- [options]
  --runs N     so many runs (default: 2000)
  --seed N     repeats the run of one seed; with --runs, the first of these
  --jobs N     processes (default: one a core)
  --at-once N  runs side by side in each process (default: 12)
  --record     writes the figures to docs/figures/faults.json`

/** What a campaign has to meet at least once. */
const FAULTS: readonly string[] = [
  ...FATES,
  'connection refused',
  'connection reset at once',
  'jitter',
  'Retry-After',
  'body refused as too long',
  'emulator: reset',
  'emulator: latency',
  'emulator: slow bytes',
  'emulator: answer broken off',
  'emulator: answer cut',
  'emulator: clock skew',
  'emulator: throttled',
  'emulator: status',
  'emulator: error inside 200',
  'emulator: html',
  'emulator: empty',
  'emulator: keys failed',
  'emulator: keys left out',
]
const OUTCOMES = ['deleted', 'written', 'refused', 'not-sent', 'unknown']

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    jobs: { type: 'string' },
    'at-once': { type: 'string' },
    record: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(USAGE)
else await campaign()

async function campaign(): Promise<void> {
  const isRepeat = values.seed !== undefined && values.runs === undefined
  const first = wholeNumber('seed', 1)
  const runs = isRepeat ? 1 : wholeNumber('runs', 2000)
  const jobs = Math.min(runs, wholeNumber('jobs', availableParallelism()))
  if (isRepeat) console.log(inspect(planOf(first), { depth: 5 }))
  console.log(`${runs} runs, seeds ${first} to ${first + runs - 1}`)
  const startedAt = performance.now()
  const share = (job: number) =>
    Array.from({ length: runs }, (_, index) => first + index).filter((seed) => seed % jobs === job)
  const results = await Promise.all(
    Array.from({ length: jobs }, (_, job) => carryOut({ seeds: share(job), atOnce: wholeNumber('at-once', 12) })),
  )
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const total = sumOf(results)
  const missing = isRepeat ? [] : FAULTS.filter((fault) => !total.faults[fault])
  show('faults', total.faults, [...FAULTS])
  show('keys', total.outcomes, OUTCOMES)
  show('endings of runs', total.endings, Object.keys(total.endings))
  console.log(`\n${total.requests} requests for ${total.keys} keys, ${seconds} s, Node ${process.version}`)
  for (const fault of missing) console.log(`this campaign never met: ${fault}`)
  const failed = runs - total.passed + total.failures.filter(({ seed }) => seed === undefined).length + missing.length
  note(first, runs, seconds, failed, total)
  console.log(`${total.passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

function wholeNumber(name: 'seed' | 'runs' | 'jobs' | 'at-once', standard: number): number {
  const number = Number(values[name] ?? standard)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new RangeError(`--${name} must be a whole number, 1 or more\n${USAGE}`)
}

/** Has a process of its own carry out some runs; shows failures as they come. */
async function carryOut(job: Job): Promise<Result> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
    cwd: root,
    execArgv: ['--import', 'tsx'],
  })
  let result: Result | undefined
  child.on('message', (told: Told) => {
    if ('failure' in told) showFailure(told.failure)
    if ('result' in told) result = told.result
  })
  child.send(job)
  const [code] = await once(child, 'exit')
  if (!result) throw new Error(`a process ended with ${code} and told nothing`)
  return result
}

function showFailure({ seed, lies, more }: Failure): void {
  console.log(seed === undefined ? '\nAcross runs:' : `\nSeed ${seed}:`)
  for (const lie of lies) console.log(`  ${lie.slice(0, 600)}`)
  if (more > 0) console.log(`  … and ${more} more`)
}

function sumOf(results: readonly Result[]): Result {
  const [faults, outcomes, endings]: [Counts, Counts, Counts] = [{}, {}, {}]
  for (const result of results) {
    addCounts(faults, result.faults)
    addCounts(outcomes, result.outcomes)
    addCounts(endings, result.endings)
  }
  const sum = (name: 'passed' | 'requests' | 'keys') => results.reduce((total, result) => total + result[name], 0)
  const failures = results.flatMap((result) => result.failures)
  return { passed: sum('passed'), requests: sum('requests'), keys: sum('keys'), failures, faults, outcomes, endings }
}

function show(title: string, counts: Counts, names: readonly string[]): void {
  console.log(`\n${title}`)
  for (const name of names) console.log(`  ${String(counts[name] ?? 0).padStart(9)}  ${name}`)
}

/** Writes the figures where `--record` asks for it. */
function note(first: number, runs: number, seconds: number, failed: number, total: Result): void {
  if (!values.record) return
  process.env.KEYSWEEP_RECORD = '1'
  const { passed, requests, keys } = total
  const column = (counts: Counts) =>
    Object.fromEntries(Object.entries(counts).map(([name, times]) => [name, { times }]))
  record({
    suite: 'faults',
    command: `npm run test:faults -- --seed ${first} --runs ${runs}`,
    figures: { runs, 'first seed': first, 'last seed': first + runs - 1, passed, failed, requests, keys, seconds },
    tables: {
      'faults met': column(total.faults),
      'keys by outcome': column(total.outcomes),
      'endings of runs': column(total.endings),
    },
  })
}
