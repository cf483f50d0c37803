import type { Sample } from '../compare.js'
import { type Figure, figureOf } from '../figures.js'
import type { Table } from '../measure.js'

const MILLION = 1_000_000

/** CPU-seconds of the client for a million items. */
export const cpuPerMillion = (samples: readonly Sample[]): Figure =>
  figureOf(samples.map(({ cpuSeconds, counted }) => (cpuSeconds * MILLION) / counted.done))

/** How many times the CPU of `other` it takes: median to median. */
export const ratio = (samples: ReadonlyMap<string, Sample[]>, name: string, other: string): number =>
  cpuPerMillion(samples.get(name) ?? []).median / cpuPerMillion(samples.get(other) ?? []).median

const spread = ({ median, min, max }: Figure, digits: number): string[] =>
  [median, min, max].map((value) => value.toFixed(digits))

/** What each contender took, and how many times as much as the floor. */
export function cpuTable(
  title: string,
  samples: ReadonlyMap<string, Sample[]>,
  floorOf: (name: string) => string,
): Table {
  return {
    title,
    columns: ['contender', 'CPU-s per million', 'min', 'max', '× floor', 'wall s', 'peak MiB', 'requests'],
    rows: [...samples].map(([name, runs]) => [
      name,
      ...spread(cpuPerMillion(runs), 2),
      ratio(samples, name, floorOf(name)).toFixed(2),
      figureOf(runs.map(({ wallSeconds }) => wallSeconds)).median.toFixed(2),
      figureOf(runs.map(({ peakRssMiB }) => peakRssMiB)).median.toFixed(0),
      String(runs[0]?.counted.requests),
    ]),
  }
}
