import { FLOOR, inMode, keysweep, MODES, REPLAYS } from '../contenders.js'
import { atMost, type Measure, type Target } from '../measure.js'
import { cpuPerMillion, cpuTable, MILLION_KEYS, ratio } from './cpu.js'

const MOST = { sha256: { verbose: 0.82, quiet: 0.75 }, md5: { verbose: 1, quiet: 1 } }
const INTEGRITIES = ['sha256', 'md5'] as const
/** CPU-seconds a million keys. */
const MOST_FOR_REPORT = 0.25

const whole = { ...keysweep('sha256'), name: 'keysweep, sha256, deleteMany' }

export const s3: Measure = {
  name: 's3',
  title: 'S3: the whole engine against a hand-written loop',
  about:
    'Floor (b) is a hand-written loop over undici: a template for the XML, MD5 and SHA-256 of `node:crypto`, regular expressions for the answer; no retries, no limits, no report.',
  async run({ compare, isFull }) {
    const settings = { integrity: 'sha256', many: true }
    const entrants = [FLOOR, ...INTEGRITIES.map(keysweep), { ...whole, settings }, ...(isFull ? REPLAYS : [])]
    const contenders = MODES.flatMap((mode) => entrants.map((entrant) => inMode(entrant, mode)))
    const samples = await compare(MILLION_KEYS, contenders)
    const cpu = (name: string) => cpuPerMillion(samples, name).median
    const targets = MODES.flatMap((mode): Target[] => [
      ...INTEGRITIES.map((integrity) =>
        atMost(
          MOST[integrity][mode],
          '×',
          `CPU of deleteBatches, ${integrity}, ${mode}, against floor (b)`,
          ratio(samples, `keysweep, ${integrity}, ${mode}`, `${FLOOR.name}, ${mode}`),
        ),
      ),
      atMost(
        MOST_FOR_REPORT,
        's',
        `CPU of deleteMany, whole report kept, beyond deleteBatches, for a million keys, ${mode}`,
        cpu(`${whole.name}, ${mode}`) - cpu(`keysweep, sha256, ${mode}`),
      ),
    ])
    const floorOf = (name: string) => `${FLOOR.name}, ${name.endsWith('quiet') ? 'quiet' : 'verbose'}`
    return {
      tables: [cpuTable('1,000,000 keys of 69 bytes, 1,000 a request, 8 in flight', samples, floorOf)],
      targets,
    }
  },
}
