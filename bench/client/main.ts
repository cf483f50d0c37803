// One run of one contender, in a process of its own: takes the job as its argument, tells its usage as a line of JSON.
import process from 'node:process'
import type { Job, Usage } from '../job.js'
import { itemsOf } from '../keys.js'
import type { Contender, Entry } from './contender.js'

const KIB_IN_MIB = 1024

/** About as much of it has to be escaped as of any JSON. */
const VALUE = JSON.stringify({ text: 'value-of-a-kilobyte_'.repeat(49), size: 1000 })

function itemsFor({ protocol, shape, count, streamed }: Job) {
  const items = itemsOf(shape, count)
  if (streamed) return items
  return protocol === 'kv-put' ? Array.from(items, (key): Entry => ({ key: key as string, value: VALUE })) : [...items]
}

async function measure(job: Job): Promise<Usage> {
  const { run } = (await import(`../${job.module}.js`)) as { run: Contender }
  const items = itemsFor(job)
  globalThis.gc?.()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const result = await run({ ...job, items }).then(
    (done) => ({ done }),
    (error: unknown) => ({ done: 0, error: String(error) }),
  )
  const wallSeconds = (performance.now() - startedAt) / 1e3
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    ...result,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds,
    peakRssMiB: process.resourceUsage().maxRSS / KIB_IN_MIB,
  }
}

const usage = await measure(JSON.parse(process.argv[2] as string) as Job)
process.stdout.write(`${JSON.stringify(usage)}\n`, () => process.exit())
