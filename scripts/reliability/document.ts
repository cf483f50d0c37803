import { existsSync, readFileSync } from 'node:fs'
import type { Figure, Figures, Table } from '../../test/figures.js'
import { type Promised, SUITES, type Suite } from './promises.js'
import { titlesOf } from './titles.js'

const TESTS = new URL('../../test/', import.meta.url)

/** Tests that are named and not there. */
export function missingTests(promises: readonly Promised[]): string[] {
  return promises.flatMap(({ tests }) =>
    Object.entries(tests).flatMap(([file, titles]) => {
      const path = new URL(file, TESTS)
      const known = new Set(existsSync(path) ? titlesOf(readFileSync(path, 'utf8')) : [])
      return titles.filter((title) => !known.has(title)).map((title) => `test/${file}: ${title}`)
    }),
  )
}

/** The text of docs/reliability.md. */
export function documentOf(promises: readonly Promised[], measured: readonly Figures[]): string {
  const sections = [
    '# Reliability',
    'What keysweep promises, the tests that show it, and what they counted. `npm run reliability` writes this page from the titles of the tests and from the [figures](figures) that their runs recorded. In a title, `…` stands for what is filled in from a table of cases; the files named `contract` run for every provider.',
    '## Promises',
    ...promises.map(promiseSection),
    '## Figures',
    ...measured.map(figuresSection),
  ]
  return `${sections.join('\n\n')}\n`
}

function promiseSection({ title, text, tests, suites }: Promised, index: number): string {
  const files = Object.entries(tests).map(
    ([file, titles]) => `- [${file}](../test/${file})\n${titles.map((one) => `  - ${one}`).join('\n')}`,
  )
  const links = suites.map((suite) => `[${suite}](#${suite})`).join(', ')
  return `### ${index + 1}. ${title}\n\n${text}\n\n${[...files, ...(links ? [`- Counted in: ${links}`] : [])].join('\n')}`
}

function figuresSection({ suite, command, date, node, machine, figures, tables = {} }: Figures): string {
  const single = Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, { '': figure }]))
  return [
    `### ${suite}`,
    SUITES[suite as Suite],
    `\`${command}\`, ${date}, Node ${node.replace('v', '')}, ${machine}.`,
    tableOf(single),
    ...Object.entries(tables).flatMap(([title, table]) => [`#### ${title}`, tableOf(table)]),
  ].join('\n\n')
}

function tableOf(table: Table): string {
  const columns = [...new Set(Object.values(table).flatMap(Object.keys))]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(['', ...columns]),
    line(['---', ...columns.map(() => '--:')]),
    ...Object.entries(table).map(([name, row]) => line([name, ...columns.map((column) => shown(row[column] ?? ''))])),
  ].join('\n')
}

const shown = (figure: Figure) => (typeof figure === 'number' ? figure.toLocaleString('en-US') : figure)
