import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import { writeFigures } from '../figures/figures.js'
import { installPacked } from '../packed.js'
import { openControl, type Results, tellResults } from '../runtimes/control.js'
import { installTools } from '../runtimes/equip.js'
import { RUNNERS, type Runner } from '../runtimes/runners.js'
import { runProgram } from '../runtimes/start.js'
import { APPS, type App, ENDINGS, sourceOf } from './apps.js'
import { BUNDLERS, type Bundler } from './bundlers.js'
import { halvesOf, packagesOf, sourcesIn, withDependencies } from './contents.js'
import { measureSizes } from './sizes.js'

// Applications of one provider, built by each bundler from the packed tarball, looked into and run.

const { values } = parseArgs({ options: { record: { type: 'boolean' } } })

await installTools(import.meta.dirname)
await installTools(join(import.meta.dirname, '../runtimes'))
const root = await mkdtemp(join(tmpdir(), 'keysweep-'))
let passed = 0
let failed = 0
try {
  const project = await installPacked(root, '--no-dts')
  const limit = pLimit(availableParallelism())
  const jobs = BUNDLERS.flatMap((bundler, index) => APPS.map((app) => ({ bundler, app, index })))
  await limit.map(jobs, async ({ bundler, app, index }) => {
    const place = join(project, `bundles/${index}-${app.store}`)
    const results = await tryOut(bundler, app, place, join(project, 'node_modules'))
    passed += results.passed
    failed += results.failed.length
    console.log(tellResults(`${bundler.title}, ${app.store}`, results))
  })
  const sizes = await measureSizes(project)
  for (const { title, bytes, most = Number.POSITIVE_INFINITY, goal } of sizes) {
    if (bytes <= most) passed++
    else failed++
    const limits = goal ? ` of ${most} at most, with ${goal} as the goal` : ''
    console.log(`${bytes <= most ? '' : '✗ '}${title}: ${bytes} bytes${limits}`)
  }
  if (values.record && failed === 0) writeFigures('sizes', sizes)
} finally {
  await rm(root, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

async function tryOut(bundler: Bundler, app: App, place: string, modules: string): Promise<Results> {
  const runner = RUNNERS[bundler.runsIn] as Runner
  const folder = join(place, 'built')
  const control = await openControl(folder)
  const { results } = control
  const check = (what: string, flaws: readonly string[]) => {
    if (flaws.length > 0) results.failed.push([what, flaws.join('\n')])
    else results.passed++
  }
  try {
    await mkdir(folder, { recursive: true })
    const entry = join(place, 'program.js')
    const source = sourceOf(app, `http://127.0.0.1:${control.port}`) + ENDINGS[runner.entry]
    await writeFile(entry, source)
    check('builds without a warning', await bundler.bundle({ entry, folder }))
    const sources = await sourcesIn(folder)
    const halves = [...halvesOf(sources)].sort()
    const expected = bundler.isForEdge ? ['edge', bundler.half] : [bundler.half]
    check(`holds the ${bundler.half} half alone`, halves.join() === expected.join() ? [] : [`it holds ${halves}`])
    const known = await withDependencies(app.packages[bundler.half], modules)
    check(
      'holds no polyfill, and nothing of another provider',
      [...packagesOf(sources)].filter((name) => name !== 'keysweep' && !known.has(name)),
    )
    const trouble = await runProgram({ ...runner, files: { ...runner.files, ...bundler.files } }, folder, control)
    check('runs', trouble === undefined ? [] : [trouble])
  } catch (error) {
    results.failed.push(['builds', String(error)])
  } finally {
    await control.close()
  }
  return results
}
