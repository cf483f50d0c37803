// Writes docs/reliability.md: what is promised, the tests that show it, and what their runs counted. With `--check` it only says
// whether the file is what would be written.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { FIGURES, type Figures } from '../../test/figures.js'
import { documentOf, missingTests } from './document.js'
import { PROMISES, SUITES } from './promises.js'

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url)

const suites = Object.keys(SUITES)
const fileOf = (suite: string) => new URL(`${suite}.json`, FIGURES)
const lacking = [
  ...missingTests(PROMISES).map((test) => `There is no such test: ${test}`),
  ...suites
    .filter((suite) => !existsSync(fileOf(suite)))
    .map((suite) => `There are no figures: docs/figures/${suite}.json`),
]
if (lacking.length > 0) fail(lacking.join('\n'))
const measured = suites.map((suite) => JSON.parse(readFileSync(fileOf(suite), 'utf8')) as Figures)
const document = documentOf(PROMISES, measured)
if (!process.argv.includes('--check')) writeFileSync(DOCUMENT, document)
else if (!existsSync(DOCUMENT) || readFileSync(DOCUMENT, 'utf8') !== document)
  fail('docs/reliability.md is not what `npm run reliability` writes')

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
