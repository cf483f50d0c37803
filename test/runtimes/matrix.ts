import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import { type RuntimeFigures, readFigures, writeFigures } from '../figures/figures.js'
import { installPacked } from '../packed.js'
import { bundleSuite } from './bundle.js'
import { type Control, openControl, tellResults } from './control.js'
import { installTools, remedyFor, versionOf } from './equip.js'
import { RUNNERS, type Runner } from './runners.js'
import { runProgram } from './start.js'

// One suite in every runtime of a group, from the packed tarball, against the emulator on loopback ports.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean' }, only: { type: 'string', multiple: true } },
})
const wanted = Object.entries(RUNNERS).filter(
  ([name, { group }]) => values.only?.includes(name) ?? positionals.includes(group),
)
if (wanted.length === 0) throw new Error(`name groups, or with --only runtimes: ${Object.keys(RUNNERS).join(', ')}`)

await installTools(import.meta.dirname)
const folder = await mkdtemp(join(tmpdir(), 'keysweep-'))
const figures: Record<string, RuntimeFigures> = {}
let passed = 0
let failed = 0
try {
  const app = await installPacked(folder, '--no-dts')
  const limit = pLimit(availableParallelism() + 1)
  await limit.map(wanted, ([name, runner]) => tryOut(name, runner, app))
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (values.record && failed === 0) {
  const all = { ...readFigures('runtimes'), ...figures }
  writeFigures(
    'runtimes',
    Object.fromEntries(Object.keys(RUNNERS).flatMap((name) => (all[name] ? [[name, all[name]]] : []))),
  )
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

async function tryOut(name: string, runner: Runner, app: string): Promise<void> {
  const { title, half, cannot } = runner
  const version = await versionOf(runner)
  if (version === undefined) {
    failed++
    console.log(`✗ ${title} is missing: ${remedyFor(runner)}`)
    return
  }
  const results = await runSuite(runner, join(app, 'programs', name), app)
  passed += results.passed
  failed += results.failed.length
  console.log(tellResults(`${title} ${version}`, results))
  figures[name] = { title, half, version, cases: results.passed, cannot: Object.values(cannot) }
}

async function runSuite(runner: Runner, place: string, app: string): Promise<Control['results']> {
  const control = await openControl(place)
  const { results, stats } = control
  try {
    await bundleSuite(runner, place, control.port, app)
    const trouble = await runProgram(runner, place, control)
    if (trouble) results.failed.push(['the runtime', trouble])
    const preflights = Object.values(stats).reduce((sum, store) => sum + store.preflights, 0)
    if ((runner.host !== undefined) !== preflights > 0) results.failed.push(['preflights', `there were ${preflights}`])
  } finally {
    await control.close()
  }
  return results
}
