import type { Measure, Result, Table, Target } from '../measure.js'
import { shown, verdict } from './text.js'

/** Everything that goes into the page. */
export interface Report {
  readonly form: 'short' | 'full'
  readonly date: string
  readonly rounds: number
  readonly machine: Readonly<Record<string, unknown>>
  readonly versions: Readonly<Record<string, string>>
  readonly results: readonly (Pick<Measure, 'name' | 'title' | 'about'> & Result)[]
}

const escaped = (cell: string): string => cell.replace(/\|/g, '\\|').replace(/\s+/g, ' ')

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  return [line(columns), line(columns.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

const figures = ({ title, columns, rows }: Table): string => `**${title}**\n\n${table(columns, rows)}`

const targets = (all: readonly Target[]): string =>
  table(
    ['what', 'target', 'measured', ''],
    all.map((target) => {
      const { what, kind, limit, measured, unit } = target
      return [what, `${kind} ${shown(limit)} ${unit}`, `${shown(measured)} ${unit}`, verdict(target)]
    }),
  )

const pairs = (record: Readonly<Record<string, unknown>>): string =>
  Object.entries(record)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

/** @param notes What was learnt, which nobody can measure. */
export function markdown({ form, date, rounds, machine, versions, results }: Report, notes: string): string {
  return `# Performance

Written by \`npm run bench${form === 'full' ? ' -- --full' : ''}\` on ${date}; nothing here is typed by hand but [what was learnt](#what-was-learnt).

Each contender runs in a fresh process, in turn with the others, ${rounds === 1 ? 'in one round' : `in ${rounds} rounds`}; figures are medians, with the
least and the most beside them. A null server in a process of its own answers what a store would answer, and does nothing else but
count: a run in which an item is missing is an error. CPU is what the client's process used for its whole job, user and system. keysweep and the floors
first did a small job each at the emulator, which refuses a wrong signature or checksum.

Machine: ${pairs(machine)}.
Packages: ${pairs(versions)}.

![CPU-seconds for a million items, by contender](figures/performance.svg)

${results.map(({ title, about, tables }) => `## ${title}\n\n${about}\n\n${tables.map(figures).join('\n\n')}`).join('\n\n')}

## Targets

What was aimed at, before anything was measured; of what was missed, [what was learnt](#what-was-learnt) says why.

${targets(results.flatMap((result) => result.targets))}

## What was learnt

${notes.trim()}
`
}
