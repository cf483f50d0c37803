import type { Contender } from '../compare.js'
import { runtimes } from '../contenders.js'
import { atMost, type Measure } from '../measure.js'
import { cpuTable, MILLION_KEYS, panelOf, ratio } from './cpu.js'

/** Of the loop's CPU. */
const MOST = 1.15

export const overFetch: Measure = {
  name: 'fetch',
  title: 'Over fetch: Node, Bun and Deno',
  about:
    'keysweep with SHA-256, against a hand-written loop over the same fetch: template, one SHA-256 (`node:crypto` in Node, Web Crypto elsewhere) for payload and checksum, regular expressions for the answer.',
  async run({ compare }) {
    const present = runtimes()
    const contenders = present.flatMap(({ name, command, floor }): Contender[] => [
      { name: `${name}: loop by hand`, module: floor, command },
      { name: `${name}: keysweep`, module: 'keysweep/s3', settings: { fetch: true }, command },
    ])
    const samples = await compare(MILLION_KEYS, contenders)
    const floorOf = (name: string) => `${name.split(':')[0]}: loop by hand`
    return {
      tables: [cpuTable('1,000,000 keys of 69 bytes, verbose, 1,000 a request, 8 in flight', samples, floorOf)],
      targets: present.map(({ name }) =>
        atMost(
          MOST,
          '×',
          `CPU over the fetch of ${name}, against a loop by hand`,
          ratio(samples, `${name}: keysweep`, `${name}: loop by hand`),
        ),
      ),
      panels: [panelOf('S3 over fetch, verbose', samples)],
    }
  },
}
