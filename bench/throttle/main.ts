// npm run bench:throttle -- [--full]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { record } from '../../test/figures.js'
import { machine } from '../machine.js'
import { CONTENDERS, type Course, courses, LIMITS, PHASE_SECONDS } from './course.js'
import { type Figures, figuresOf, limitsOf } from './figures.js'
import { page, type Report, tableOf, targetsOf } from './page.js'
import { NAMES, type Panel, plot } from './plot.js'
import { runAll } from './run.js'

const DOCS = new URL('../../docs/', import.meta.url)

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } })
const form = values.full ? 'full' : 'short'
const phaseSeconds = PHASE_SECONDS[form]

const titleOf = ({ form, clients }: Course): string =>
  `${clients === 1 ? 'One client' : 'Eight clients'}, ${form === 'whole' ? 'whole requests refused' : 'refused key by key'}`

function versions(): Record<string, string> {
  const require = createRequire(import.meta.url)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const aws = require('@aws-sdk/client-s3/package.json') as { version: string }
  return { keysweep: version, '@aws-sdk/client-s3': aws.version }
}

function write(report: Report, limits: readonly number[]): void {
  mkdirSync(new URL('figures/', DOCS), { recursive: true })
  writeFileSync(new URL('throttling.md', DOCS), page(report))
  writeFileSync(new URL('figures/throttle.svg', DOCS), plot(report.panels, limits))
  recordFigures(report)
}

const percent = (share: number): number => Math.round(1000 * share) / 10

/** For `docs/reliability.md`. */
function recordFigures({ panels, phaseSeconds }: Report): void {
  process.env.KEYSWEEP_RECORD = '1'
  const rows = ({ runs }: Panel) =>
    Object.fromEntries(
      runs.map(({ contender, goodput, wasted, spread, failed, requests }) => [
        NAMES[contender],
        {
          'goodput, %': percent(goodput),
          'wasted, %': percent(wasted),
          spread: Math.round(100 * spread) / 100,
          'keys given up': failed,
          requests,
        },
      ]),
    )
  record({
    suite: 'throttle',
    command: `npm run bench:throttle${values.full ? ' -- --full' : ''}`,
    figures: { 'limits, keys a second': LIMITS.join(', '), 'seconds each': phaseSeconds },
    tables: Object.fromEntries(panels.map((panel) => [panel.title, rows(panel)])),
  })
}

const all = courses(phaseSeconds)
const figures: Figures[] = []
for (const contender of CONTENDERS) {
  console.log(`${NAMES[contender]}: ${all.length} runs side by side, ${LIMITS.length * phaseSeconds} s`)
  figures.push(...(await runAll(contender, all)).map(figuresOf))
}
const panels: Panel[] = all.map((course) => ({
  title: titleOf(course),
  runs: figures.filter((run) => run.form === course.form && run.clients === course.clients),
}))
const date = new Date().toISOString().slice(0, 10)
const { pinned: _, ...host } = machine()
const report = { form, date, machine: host, versions: versions(), limits: LIMITS, phaseSeconds, panels } as const
for (const panel of panels) console.log(`\n${panel.title}\n${tableOf(panel, LIMITS)}`)
console.log(`\n${targetsOf(panels)}`)
write(report, limitsOf(all[0] as Course))
