import { type Entrant, inMode, keysweep, PEERS } from '../contenders.js'
import { figureOf } from '../figures.js'
import { atLeast, atMost, type Measure } from '../measure.js'
import { MILLION_KEYS } from './cpu.js'

const KEYS = 100_000
const MOST_STORM_REQUESTS = 1.55
const MOST_EXTRA_REQUESTS = 2

const SUBJECT: Entrant = keysweep('sha256')

export const faults: Measure = {
  name: 'faults',
  title: 'A store in trouble',
  about:
    'Storm: every third request is answered 503 with a `Retry-After` of a second. Single keys: every 997th key fails inside a 200, once. All clients with their defaults.',
  async run({ compare, isFull }) {
    const workload = { ...MILLION_KEYS, count: KEYS }
    const ideal = KEYS / workload.batch
    const entrants = isFull ? [SUBJECT, ...PEERS] : [SUBJECT]
    const troubles = (['storm', 'key-errors'] as const).map((fault) => ({ fault, workload: { ...workload, fault } }))
    const tables = []
    const targets = []
    for (const trouble of troubles) {
      const contenders = entrants.map((entrant) => inMode(entrant, entrant.modes[0] ?? 'verbose'))
      const samples = await compare(trouble.workload, contenders, 1)
      tables.push({
        title: trouble.fault === 'storm' ? 'Storm' : 'Single keys',
        columns: ['client', 'keys it says are deleted', 'keys deleted', 'requests', 'wall s', 'ends with'],
        rows: [...samples].map(([name, [sample]]) => [
          name,
          String(sample?.done),
          String(sample?.counted.done),
          String(sample?.counted.requests),
          figureOf([sample?.wallSeconds ?? 0]).median.toFixed(1),
          (sample?.error ?? 'its report').slice(0, 60),
        ]),
      })
      const [sample] = samples.get(`${SUBJECT.name}, verbose`) ?? []
      const requests = sample?.counted.requests ?? 0
      targets.push(
        atLeast(
          KEYS,
          'keys',
          `deleted and reported so, ${trouble.fault}`,
          Math.min(sample?.done ?? 0, sample?.counted.done ?? 0),
        ),
        trouble.fault === 'storm'
          ? atMost(MOST_STORM_REQUESTS, '×', 'requests in a storm, of the ideal number', requests / ideal)
          : atMost(MOST_EXTRA_REQUESTS, 'requests', 'beyond the ideal, for 100 failing keys', requests - ideal),
      )
    }
    return { tables, targets }
  },
}
