// One run of one contender, in a process of its own: takes the job as its argument, tells its usage as a line of JSON.
import process from 'node:process'
import type { Job, Usage } from '../job.js'
import { DISTINCT_KEYS, type Item, itemAt, itemsOf, VALUE } from '../keys.js'
import type { Entry, Module, Outcome } from './contender.js'
import { takenSinceStart } from './since-start.js'

const KIB_IN_MIB = 1024

function* streamOf({ shape, count }: Job): Generator<Item> {
  for (let index = 0; index < count; index++) yield itemAt(shape, index)
}

function inputFor(job: Job): Iterable<Item | Entry> {
  if (job.streamed) return streamOf(job)
  const distinct = [...itemsOf(job.shape, Math.min(job.count, DISTINCT_KEYS))]
  const items = Array.from({ length: job.count }, (_, index) => distinct[index % DISTINCT_KEYS] as Item)
  return job.protocol === 'kv-put' ? items.map((key): Entry => ({ key: key as string, value: VALUE })) : items
}

/** Collects what is no longer needed, where the runtime lets it be asked for. */
const collectGarbage = () => (globalThis as { gc?: () => void }).gc?.()

async function measure(job: Job): Promise<Usage> {
  const { run, prepare } = (await import(`../${job.module}.js`)) as Module
  const items = inputFor(job)
  await prepare?.({ ...job, items })
  let done = 0
  let last: Outcome | undefined
  const repeat = async (times: number) => {
    for (let time = 0; time < times; time++) {
      last = await run({ ...job, items })
      done += last.done
    }
  }
  await repeat(job.warmUps ?? 0)
  collectGarbage()
  const { heapUsed } = process.memoryUsage()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const error = await repeat(job.times ?? 1).then(
    () => undefined,
    (reason: unknown) => String(reason),
  )
  const sinceStart = takenSinceStart()
  const { user, system } = process.cpuUsage(cpuBefore)
  const peakRssMiB = process.resourceUsage().maxRSS / KIB_IN_MIB
  collectGarbage()
  const heldBytes = process.memoryUsage().heapUsed - heapUsed
  return {
    // Looked at only now, so that what the contender reports is held until here.
    done: last ? done : 0,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (sinceStart.wallMs - startedAt) / 1e3,
    peakRssMiB,
    sinceStart,
    heldBytes,
    ...(error !== undefined && { error }),
  }
}

/** What does not even load, such as a peer whose binary is not for this machine. */
const broken = (reason: unknown): Usage => ({
  done: 0,
  cpuSeconds: 0,
  wallSeconds: 0,
  peakRssMiB: 0,
  sinceStart: takenSinceStart(),
  heldBytes: 0,
  error: String(reason),
})

const usage = await measure(JSON.parse(process.argv[2] as string) as Job).catch(broken)
process.stdout.write(`${JSON.stringify(usage)}\n`, () => process.exit())
