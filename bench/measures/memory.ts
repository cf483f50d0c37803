import { type Figure, figureOf } from '../figures.js'
import { atMost, type Measure, type Samples } from '../measure.js'
import { MILLION_KEYS } from './cpu.js'

const MOST_MIB = 115
const MOST_GROWTH_MIB = 8
const MOST_BYTES_A_KEY = 120
const MIB = 2 ** 20

const STREAMED = { ...MILLION_KEYS, streamed: true }

const of = (samples: Samples, name: string) => samples.get(name) ?? []
const peak = (samples: Samples, name: string): Figure => figureOf(of(samples, name).map(({ peakRssMiB }) => peakRssMiB))
const held = (samples: Samples, name: string): Figure =>
  figureOf(of(samples, name).map(({ heldBytes, counted }) => heldBytes / counted.done))

export const memory: Measure = {
  name: 'memory',
  title: 'Memory',
  about:
    'Peak RSS of the whole process. Streamed keys are made by a generator as they are taken. What `deleteMany` holds is the heap once its report is there, beyond the heap before, for keys that the caller has in an array; its peak is compared with that of `deleteBatches` over the same array.',
  async run({ compare, isFull }) {
    const many = { many: true }
    const jobs = [
      { name: 'deleteBatches, 1,000,000 streamed', workload: STREAMED },
      { name: 'deleteBatches, 1,000,000 of an array', workload: MILLION_KEYS },
      { name: 'deleteMany, 1,000,000 of an array', workload: MILLION_KEYS, settings: many },
      { name: 'deleteMany, 1,000,000 streamed', workload: STREAMED, settings: many },
      ...(isFull ? [{ name: 'deleteBatches, 10,000,000 streamed', workload: { ...STREAMED, count: 10_000_000 } }] : []),
    ] as const
    const [streamed, array, report, , tenfold] = jobs.map(({ name }) => name) as [
      string,
      string,
      string,
      string,
      string?,
    ]
    const contenders = jobs.map((job) => ({ ...job, module: 'keysweep/s3' }))
    const samples = await compare(MILLION_KEYS, contenders)
    const median = (name: string) => peak(samples, name).median
    const peakBytes = ((median(report) - median(array)) * MIB) / MILLION_KEYS.count
    return {
      tables: [
        {
          title: 'S3, verbose, 8 in flight',
          columns: ['job', 'peak MiB', 'min', 'max', 'bytes held a key'],
          rows: jobs.map(({ name }) => {
            const figure = peak(samples, name)
            const cells = [figure.median, figure.min, figure.max].map((value) => value.toFixed(0))
            return [name, ...cells, held(samples, name).median.toFixed(0)]
          }),
        },
      ],
      targets: [
        atMost(MOST_MIB, 'MiB', 'peak of a million streamed keys', median(streamed)),
        ...(tenfold
          ? [atMost(MOST_GROWTH_MIB, 'MiB', 'more for ten million', median(tenfold) - median(streamed))]
          : []),
        atMost(MOST_BYTES_A_KEY, 'bytes', 'held by deleteMany for a key', held(samples, report).median),
        atMost(MOST_BYTES_A_KEY, 'bytes', 'more at the peak of deleteMany for a key', peakBytes),
      ],
    }
  },
}
