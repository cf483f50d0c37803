// Writes docs/reliability.md: what is promised, the tests that show it, and what their runs counted. With `--check` it only says
// whether the file is what would be written.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { FIGURES, type Figures } from '../../test/figures.js'
import { documentOf, missingTests } from './document.js'
import { PROMISES, SUITES } from './promises.js'

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url)

const complaints = missingTests(PROMISES).map((test) => `There is no such test: ${test}`)
const measured = Object.keys(SUITES).flatMap(figuresOf)
if (complaints.length === 0) write(documentOf(PROMISES, measured))
if (complaints.length > 0) console.error(complaints.join('\n'))
process.exitCode = complaints.length > 0 ? 1 : 0

function figuresOf(suite: string): Figures[] {
  const name = `docs/figures/${suite}.json`
  const file = new URL(`${suite}.json`, FIGURES)
  if (!existsSync(file)) complaints.push(`There are no figures: ${name}`)
  else {
    const figures = JSON.parse(readFileSync(file, 'utf8')) as Figures
    if (figures.suite === suite && figures.command && figures.date && figures.figures) return [figures]
    complaints.push(`These figures are not as test/figures.ts writes them: ${name}`)
  }
  return []
}

function write(document: string): void {
  if (!process.argv.includes('--check')) writeFileSync(DOCUMENT, document)
  else if (!existsSync(DOCUMENT) || readFileSync(DOCUMENT, 'utf8') !== document)
    complaints.push('docs/reliability.md is not what `npm run reliability` writes')
}
