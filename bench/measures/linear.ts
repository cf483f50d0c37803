import { type Figure, figureOf } from '../figures.js'
import type { Workload } from '../job.js'
import type { Shape } from '../keys.js'
import { atMost, type Measure, type Samples } from '../measure.js'
import { FIGURE_COLUMNS, figureCells, MILLION_KEYS } from './cpu.js'

const MOST_DEPARTURE = 1.25
/** Keys deleted before the measuring, so that nothing is compiled or grown while it lasts. */
const WARM_UP_KEYS = 200_000
/** Keys measured, however few a job has. */
const LEAST_KEYS = 200_000
const USUAL = '100,000 keys of 69 bytes'

interface Job {
  readonly name: string
  readonly workload: Workload
}

function job(name: string, count: number, shape: Shape = 'plain', batch = 1000): Job {
  const jobs = (keys: number) => Math.ceil(keys / count)
  const workload = { ...MILLION_KEYS, shape, count, batch, times: jobs(LEAST_KEYS), warmUps: jobs(WARM_UP_KEYS) }
  return { name, workload: count > WARM_UP_KEYS ? { ...workload, warmUps: 0 } : workload }
}

/** As many keys of 1,024 bytes as a body of a million bytes takes. */
const LONG_BATCH = 943

const NANOSECONDS = 1e9

/** Nanoseconds of CPU for each byte of the bodies sent, those of the warm-up left out. */
const costPerByte = (samples: Samples, { name, workload: { times = 1, warmUps = 0 } }: Job): Figure =>
  figureOf(
    (samples.get(name) ?? []).map(
      ({ cpuSeconds, counted }) => (cpuSeconds * NANOSECONDS) / ((counted.bodyBytes * times) / (times + warmUps)),
    ),
  )

export const linear: Measure = {
  name: 'linear',
  title: 'Linear',
  about:
    'CPU for each byte of the request bodies, in a process that has deleted 200,000 keys before; jobs of few keys are repeated. Ten million keys are not repeated, and nothing goes before them.',
  async run({ compare, isFull }) {
    const sizes = [
      job('1,000 keys of 69 bytes', 1000),
      job(USUAL, 100_000),
      ...(isFull ? [job('10,000,000 keys of 69 bytes', 10_000_000)] : []),
    ]
    const shapes = [
      job('keys of 1,024 bytes', 100_000, 'long', LONG_BATCH),
      job('keys of entities only', 100_000, 'entities'),
      job('keys of emoji only', 100_000, 'emoji'),
      job('versioned keys', 100_000, 'versioned'),
    ]
    const jobs = [...sizes, ...shapes]
    const contenders = jobs.map(({ name, workload }) => ({ name, workload, module: 'keysweep/s3' }))
    const samples = await compare(MILLION_KEYS, contenders)
    const usual = costPerByte(samples, job(USUAL, 100_000)).median
    const times = (one: Job) => costPerByte(samples, one).median / usual
    return {
      tables: [
        {
          title: 'S3, SHA-256, verbose, 8 in flight',
          columns: ['job', ...FIGURE_COLUMNS('ns a byte'), `× ${USUAL}`],
          rows: jobs.map((one) => [one.name, ...figureCells(costPerByte(samples, one), 2), times(one).toFixed(2)]),
        },
      ],
      targets: jobs
        .filter(({ name }) => name !== USUAL)
        .map((one) => atMost(MOST_DEPARTURE, '×', `CPU a byte of ${one.name}, against ${USUAL}`, times(one))),
    }
  },
}
