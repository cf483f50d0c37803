import { type Figure, figureOf } from '../figures.js'
import type { Workload } from '../job.js'
import { atLeast, type Measure, type Samples } from '../measure.js'
import { FIGURE_COLUMNS, figureCells, MILLION_KEYS } from './cpu.js'

/** Per cent of what the latency allows. */
const LEAST_SPEED = 92
/** Long enough for its beginning not to matter, and short enough to wait for. */
const SECONDS = { short: 3, full: 10 }

/** Keys a second, were there nothing but the latency. */
const most = ({ concurrency, batch, latencyMs = 0 }: Workload): number => (concurrency * batch * 1000) / latencyMs

function lasting(seconds: number, latencyMs: number): Workload {
  const workload = { ...MILLION_KEYS, latencyMs }
  const requests = Math.round((most(workload) * seconds) / workload.batch)
  return { ...workload, count: requests * workload.batch }
}

const speed = (samples: Samples, name: string): Figure =>
  figureOf((samples.get(name) ?? []).map(({ counted, wallSeconds }) => counted.done / wallSeconds))

export const latency: Measure = {
  name: 'latency',
  title: 'Speed where the store takes its time',
  about:
    'The server holds every answer back. The most there can be is concurrency × batch ÷ latency. The last job meets a store that refuses half of the first hundred requests with 503 and lets all others pass: keysweep slows down, and has to find its way up again.',
  async run({ compare, isFull }) {
    const seconds = isFull ? SECONDS.full : SECONDS.short
    const jobs = [
      { name: '20 ms', workload: lasting(seconds, 20) },
      { name: '100 ms', workload: lasting(seconds, 100) },
      { name: '20 ms, early refusals', workload: { ...lasting(seconds, 20), fault: 'early-storm' as const } },
    ]
    const contenders = jobs.map((job) => ({ ...job, module: 'keysweep/s3' }))
    const samples = await compare(MILLION_KEYS, contenders)
    const share = (name: string, workload: Workload) => (100 * speed(samples, name).median) / most(workload)
    const inFlight = (name: string) => figureOf((samples.get(name) ?? []).map(({ counted }) => counted.lateInFlight))
    return {
      tables: [
        {
          title: '8 in flight, 1,000 keys a request, verbose',
          columns: ['job', 'keys', ...FIGURE_COLUMNS('keys a second'), 'at most', '%', 'in flight at the end'],
          rows: jobs.map(({ name, workload }) => [
            name,
            workload.count.toLocaleString('en'),
            ...figureCells(speed(samples, name), 0),
            most(workload).toFixed(0),
            share(name, workload).toFixed(1),
            inFlight(name).median.toFixed(0),
          ]),
        },
      ],
      targets: jobs.map(({ name, workload }) =>
        'fault' in workload
          ? atLeast(workload.concurrency, 'requests', 'in flight again after early refusals', inFlight(name).median)
          : atLeast(LEAST_SPEED, '%', `speed at ${name}, of what the latency allows`, share(name, workload)),
      ),
    }
  },
}
