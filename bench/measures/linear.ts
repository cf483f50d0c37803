import type { Contender } from '../compare.js'
import { FLOOR } from '../contenders.js'
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
const COUNT = 100_000
const USUAL = '100,000 keys of 69 bytes'

interface Job extends Contender {
  readonly workload: Workload
}

function job(name: string, count: number, shape: Shape = 'plain', batch = 1000): Job {
  const jobs = (keys: number) => Math.ceil(keys / count)
  const warmUps = count > WARM_UP_KEYS ? 0 : jobs(WARM_UP_KEYS)
  const workload = { ...MILLION_KEYS, shape, count, batch, times: jobs(LEAST_KEYS), warmUps }
  return { name, module: 'keysweep/s3', workload }
}

/** The same by hand, to show what lies in the keys. */
const byHand = (one: Job): Job => ({ ...one, name: `floor (b): ${one.name}`, module: FLOOR.module })

/** As many keys of 1,024 bytes as a body of a million bytes takes. */
const LONG_BATCH = 950

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
      job(USUAL, COUNT),
      ...(isFull ? [job('10,000,000 keys of 69 bytes', 10_000_000)] : []),
    ]
    const shapes = [
      job('keys of 1,024 bytes', COUNT, 'long', LONG_BATCH),
      job('keys of entities only', COUNT, 'entities'),
      job('keys of emoji only', COUNT, 'emoji'),
      job('versioned keys', COUNT, 'versioned'),
    ]
    const own = [...sizes, ...shapes]
    const usual = job(USUAL, COUNT)
    const floors = [usual, ...shapes].filter(({ workload }) => workload.shape !== 'versioned').map(byHand)
    const jobs = isFull ? [...own, ...floors] : own
    const samples = await compare(MILLION_KEYS, jobs)
    const cost = (one: Job) => costPerByte(samples, one).median
    const times = (one: Job) => cost(one) / cost(one.module === FLOOR.module ? byHand(usual) : usual)
    return {
      tables: [
        {
          title: 'S3, SHA-256, verbose, 8 in flight',
          columns: ['job', ...FIGURE_COLUMNS('ns a byte'), `× ${USUAL}`],
          rows: jobs.map((one) => [one.name, ...figureCells(costPerByte(samples, one), 2), times(one).toFixed(2)]),
        },
      ],
      targets: own
        .filter(({ name }) => name !== usual.name)
        .map((one) => atMost(MOST_DEPARTURE, '×', `CPU a byte of ${one.name}, against ${USUAL}`, times(one))),
    }
  },
}
