import type { Contender } from '../compare.js'
import type { Workload } from '../job.js'
import type { Measure, Target } from '../measure.js'
import { cpuTable, ratio } from './cpu.js'

const WORKLOAD: Workload = {
  protocol: 's3',
  quiet: false,
  shape: 'plain',
  count: 1_000_000,
  batch: 1000,
  concurrency: 8,
}

const MODES = ['verbose', 'quiet'] as const
type Mode = (typeof MODES)[number]
const MOST = { sha256: { verbose: 0.82, quiet: 0.75 }, md5: { verbose: 1, quiet: 1 } }
const INTEGRITIES = ['sha256', 'md5'] as const

const floor = (mode: Mode) => `floor (b), ${mode}`
const keysweep = (integrity: string, mode: Mode) => `keysweep, ${integrity}, ${mode}`

function contenders(): Contender[] {
  return MODES.flatMap((mode) => {
    const workload = { quiet: mode === 'quiet' }
    return [
      { name: floor(mode), module: 'floors/s3', workload },
      ...INTEGRITIES.map((integrity) => ({
        name: keysweep(integrity, mode),
        module: 'keysweep/s3',
        workload,
        settings: { client: { integrity } },
      })),
    ]
  })
}

export const s3: Measure = {
  name: 's3',
  title: 'S3: the whole engine against a hand-written loop',
  async run(bench) {
    const samples = await bench.compare(WORKLOAD, contenders())
    const targets = MODES.flatMap((mode) =>
      INTEGRITIES.map(
        (integrity): Target => ({
          what: `CPU of deleteBatches, ${integrity}, ${mode}, against floor (b)`,
          measured: ratio(samples, keysweep(integrity, mode), floor(mode)),
          limit: MOST[integrity][mode],
          kind: 'at most',
          unit: '×',
        }),
      ),
    )
    const table = cpuTable('1,000,000 keys of 69 bytes, 1,000 a request, 8 in flight', samples, (name) =>
      floor(name.endsWith('quiet') ? 'quiet' : 'verbose'),
    )
    return { tables: [table], targets }
  },
}
