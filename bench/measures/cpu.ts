import { type Figure, figureOf } from '../figures.js'
import type { Workload } from '../job.js'
import type { Panel, Samples, Table } from '../measure.js'

const MILLION = 1_000_000

/** The job of nearly every comparison. */
export const MILLION_KEYS: Workload = {
  protocol: 's3',
  quiet: false,
  shape: 'plain',
  count: MILLION,
  batch: 1000,
  concurrency: 8,
}

const of = (samples: Samples, name: string) => {
  const found = samples.get(name)
  if (!found) throw new Error(`no contender is called ${name}`)
  return found
}

/** CPU-seconds of the client for a million items. */
export const cpuPerMillion = (samples: Samples, name: string): Figure =>
  figureOf(of(samples, name).map(({ cpuSeconds, counted }) => (cpuSeconds * MILLION) / counted.done))

/** How many times the CPU of `other` it takes: median to median. */
export const ratio = (samples: Samples, name: string, other: string): number =>
  cpuPerMillion(samples, name).median / cpuPerMillion(samples, other).median

export const panelOf = (title: string, samples: Samples, label = (name: string) => name): Panel => ({
  title,
  bars: [...samples.keys()].map((name) => ({ name: label(name), ...cpuPerMillion(samples, name) })),
})

/** A figure in three columns. */
export const FIGURE_COLUMNS = (unit: string) => [unit, 'min', 'max']
export const figureCells = ({ median, min, max }: Figure, digits: number): string[] =>
  [median, min, max].map((value) => value.toFixed(digits))

/** What each contender took, and how many times as much as its floor. */
export function cpuTable(title: string, samples: Samples, floorOf: (name: string) => string): Table {
  const rows = [...samples].map(([name, runs]) => [
    name,
    ...figureCells(cpuPerMillion(samples, name), 2),
    ratio(samples, name, floorOf(name)).toFixed(2),
    figureOf(runs.map(({ wallSeconds }) => wallSeconds)).median.toFixed(2),
    figureOf(runs.map(({ peakRssMiB }) => peakRssMiB)).median.toFixed(0),
    String(runs[0]?.counted.requests),
  ])
  const columns = ['contender', ...FIGURE_COLUMNS('CPU-s per million'), '× floor', 'wall s', 'peak MiB', 'requests']
  return { title, columns, rows }
}
