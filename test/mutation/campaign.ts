// Mutation testing: breaks the sources in every way Stryker knows, and counts what the tests notice.
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'
import { record } from '../figures.js'

const USAGE = `npm run test:mutation -- [options] [files]
  --folder NAME  one of signers, bodies, engine (default: all three)
  --quick        leaves out what runs once, when modules are loaded: for such a mutant every test has to run
  --concurrency N  processes (default: 2)
  --fresh        forgets what earlier runs have found
  --record       writes the figures to docs/figures/mutation.json`

const FOLDERS = ['signers', 'bodies', 'engine'] as const
type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number]

/** Per cent of the mutants that tests must notice. */
const LEAST_SCORE = 85

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', multiple: true, default: [...FOLDERS] },
    concurrency: { type: 'string', default: '2' },
    quick: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})

const isWhole = values.folder.length === FOLDERS.length
const folderFlags = isWhole ? [] : values.folder.map((folder) => `--folder ${folder}`)

async function campaign(): Promise<void> {
  if (values.quick && values.record) throw new Error('--record wants every mutant: leave --quick away')
  const startedAt = performance.now()
  const rows: Record<string, Row> = {}
  for (const folder of values.folder) {
    const mutants = await mutate(folder)
    for (const mutant of mutants) if (!isNoticed(mutant) && isCounted(mutant)) show(mutant)
    rows[folder] = rowOf(mutants)
  }
  const total = sumOf(Object.values(rows))
  console.table({ ...rows, total })
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`${seconds} s, Node ${process.version}; at least ${LEAST_SCORE} % of each folder are to be noticed`)
  if (values.record) {
    process.env.KEYSWEEP_RECORD = '1'
    record({
      suite: 'mutation',
      command: ['npm run test:mutation --', ...(values.fresh ? ['--fresh'] : []), '--record', ...folderFlags].join(' '),
      figures: {
        mutants: total.mutants,
        'noticed by a test': total.noticed,
        'score in per cent': total.score,
        seconds,
      },
      tables: { 'By folder': rows },
    })
  }
  const failed = Object.values(rows).filter(({ score }) => score < LEAST_SCORE).length
  console.log(`${Object.keys(rows).length - failed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

/** Has Stryker try every mutant of a folder against the tests that concern it. */
function mutate(folder: string): Promise<Mutant[]> {
  process.env.KEYSWEEP_MUTATED = folder
  process.env.KEYSWEEP_RUNS ??= '50'
  const stryker = new Stryker({
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutation.config.ts', related: false },
    coverageAnalysis: 'perTest',
    mutate: positionals.length > 0 ? positionals : [`src/${folder}/**/*.ts`],
    concurrency: Number(values.concurrency),
    ignoreStatic: values.quick,
    timeoutMS: 5000,
    dryRunTimeoutMinutes: 20,
    incremental: true,
    force: values.fresh,
    incrementalFile: `mutation/${folder}${values.quick ? '-quick' : ''}.json`,
    tempDirName: 'mutation/sandbox',
    reporters: ['dots'],
    thresholds: { high: 100, low: LEAST_SCORE, break: null },
  })
  return stryker.runMutationTest()
}

interface Row {
  readonly [name: string]: number
  readonly mutants: number
  readonly noticed: number
  readonly survived: number
  readonly 'without a test': number
  readonly score: number
}

const isCounted = ({ status }: Mutant) => !['Ignored', 'CompileError', 'RuntimeError'].includes(status)
const isNoticed = ({ status }: Mutant) => status === 'Killed' || status === 'Timeout'

function rowOf(all: readonly Mutant[]): Row {
  const mutants = all.filter(isCounted)
  const count = (status: Mutant['status']) => mutants.filter((mutant) => mutant.status === status).length
  return scored(mutants.length, count('Survived'), count('NoCoverage'))
}

const scored = (mutants: number, survived: number, uncovered: number): Row => {
  const noticed = mutants - survived - uncovered
  return { mutants, noticed, survived, 'without a test': uncovered, score: Math.round((1000 * noticed) / mutants) / 10 }
}

function sumOf(rows: readonly Row[]): Row {
  const sum = (name: string) => rows.reduce((total, row) => total + (row[name] ?? 0), 0)
  return scored(sum('mutants'), sum('survived'), sum('without a test'))
}

function show({ fileName, location: { start }, status, mutatorName, replacement }: Mutant): void {
  const place = `${fileName.replace(/^.*\/src\//, 'src/')}:${start.line}:${start.column}`
  console.log(`${place} ${status}: ${mutatorName} ${(replacement ?? '').replace(/\s+/g, ' ').slice(0, 160)}`)
}

if (values.help) console.log(USAGE)
else await campaign()
