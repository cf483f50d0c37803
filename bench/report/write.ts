import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chart } from './chart.js'
import { markdown, type Report } from './markdown.js'

const DOCS = new URL('../../docs/', import.meta.url)
const FIGURES = new URL('figures/performance.json', DOCS)
const NOTES = new URL('../notes.md', import.meta.url)

/** Puts everything where readers look for it: the page, its chart, and the figures for whoever wants to compare. */
export function writeReport(report: Report): void {
  mkdirSync(new URL('figures/', DOCS), { recursive: true })
  writeFileSync(new URL('performance.md', DOCS), markdown(report, readFileSync(NOTES, 'utf8')))
  writeFileSync(new URL('figures/performance.svg', DOCS), chart(report.results.flatMap(({ panels = [] }) => panels)))
  writeFileSync(FIGURES, `${JSON.stringify(report, null, 2)}\n`)
}

/** What the last run of everything has measured. */
export const lastReport = (): Report => JSON.parse(readFileSync(FIGURES, 'utf8')) as Report
