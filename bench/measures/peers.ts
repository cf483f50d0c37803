import { type Entrant, FLOOR, inMode, keysweep, MODES, type Mode, PEERS } from '../contenders.js'
import { atLeast, type Measure, type Samples } from '../measure.js'
import { cpuTable, MILLION_KEYS, panelOf, ratio } from './cpu.js'

/** In how many times the CPU of keysweep, by peer and mode. */
const LEAST: readonly (readonly [peer: string, times: number])[] = [
  ['@aws-sdk/client-s3 by hand, verbose', 9],
  ['@aws-sdk/client-s3 by hand, quiet', 5],
  ['OpenDAL (Rust), verbose', 2],
  ['aws4fetch by hand, verbose', 2.5],
  ['aws4fetch by hand, quiet', 2.5],
]

const SUBJECT = keysweep('sha256')
const like = (name: string, entrant: { readonly name: string }) => `${entrant.name}, ${name.split(', ').at(-1)}`

const ofMode = (samples: Samples, mode: Mode): Samples => new Map([...samples].filter(([name]) => name.endsWith(mode)))

export const peers: Measure = {
  name: 'peers',
  title: 'S3: other clients',
  about: `Each in every mode it has, its batches sent with 8 in flight, in the same run as keysweep.\n\n${PEERS.map(
    ({ name, shortfall }) => `- ${name}: ${shortfall}.`,
  ).join('\n')}`,
  async run({ compare, isFull }) {
    const entrants: Entrant[] = [FLOOR, SUBJECT, ...PEERS].filter((entrant: Entrant) => isFull || !entrant.onlyFull)
    const contenders = MODES.flatMap((mode) =>
      entrants.filter(({ modes }) => modes.includes(mode)).map((entrant) => inMode(entrant, mode)),
    )
    const samples = await compare(MILLION_KEYS, contenders)
    return {
      tables: [
        cpuTable('1,000,000 keys of 69 bytes, 1,000 a request, 8 in flight', samples, (name) => like(name, FLOOR)),
      ],
      targets: LEAST.map(([peer, times]) =>
        atLeast(times, '×', `CPU of ${peer}, against keysweep`, ratio(samples, peer, like(peer, SUBJECT))),
      ),
      panels: MODES.map((mode) =>
        panelOf(`S3, ${mode}`, ofMode(samples, mode), (name) => name.replace(`, ${mode}`, '')),
      ),
    }
  },
}
