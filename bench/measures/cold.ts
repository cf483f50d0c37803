import { type Figure, figureOf } from '../figures.js'
import type { SinceStart } from '../job.js'
import { atMost, type Bench, type Measure, type Table } from '../measure.js'
import { NODE, runScript } from '../processes.js'
import { figureCells, MILLION_KEYS } from './cpu.js'

const MOST_IMPORT_MS = 10
const MOST_FIRST_REQUEST = 1.3
/** A start is short, and differs from the next by more than a long job does. */
const RUNS_A_ROUND = 5

const DOORS = ['s3', 'yandex', 'ncloud', 'ctyun-zos', 'alibaba-esa', 'alibaba-dcdn'].map((door) => `keysweep/${door}`)
const NOTHING = ''
const MODULES = [NOTHING, ...DOORS, 'keysweep', 'undici', '@aws-sdk/client-s3']

const FIRSTS = [
  { name: 'undici and a loop by hand', module: 'floors/s3' },
  { name: 'keysweep', module: 'keysweep/s3' },
  { name: '@aws-sdk/client-s3', module: 'peers/aws-sdk' },
] as const
const [BARE, SUBJECT] = FIRSTS

type Starts = ReadonlyMap<string, readonly SinceStart[]>

async function imports({ rounds }: Bench): Promise<Starts> {
  const starts = new Map<string, SinceStart[]>(MODULES.map((name) => [name, []]))
  for (let run = 0; run < rounds * RUNS_A_ROUND; run++)
    for (const name of MODULES) starts.get(name)?.push((await runScript('client/import', name, NODE)) as SinceStart)
  return starts
}

async function firstRequests({ compare, rounds }: Bench): Promise<Starts> {
  const samples = await compare({ ...MILLION_KEYS, count: 1 }, FIRSTS, rounds * RUNS_A_ROUND)
  return new Map([...samples].map(([name, runs]) => [name, runs.map(({ sinceStart }) => sinceStart)]))
}

const figure = (starts: Starts, name: string, of: keyof SinceStart): Figure =>
  figureOf((starts.get(name) ?? []).map((start) => start[of]))

function startsTable(title: string, starts: Starts, first: string): Table {
  const beyond = (name: string, of: keyof SinceStart) =>
    figure(starts, name, of).median - figure(starts, first, of).median
  return {
    title,
    columns: ['', 'CPU ms', 'min', 'max', 'beyond the first', 'wall ms', 'min', 'max', 'beyond the first'],
    rows: [...starts.keys()].map((name) => [
      name || '(nothing)',
      ...(['cpuMs', 'wallMs'] as const).flatMap((of) => [
        ...figureCells(figure(starts, name, of), 1),
        beyond(name, of).toFixed(1),
      ]),
    ]),
  }
}

export const cold: Measure = {
  name: 'cold',
  title: 'Cold',
  about:
    'From the start of a Node process until the module is there, and until the answer to one signed request for one key is read. Targets are held against CPU, which other processes on the machine hardly change.',
  async run(bench) {
    const importing = await imports(bench)
    const requesting = await firstRequests(bench)
    const cpu = (starts: Starts, name: string) => figure(starts, name, 'cpuMs').median
    return {
      tables: [startsTable('Import', importing, NOTHING), startsTable('First signed request', requesting, BARE.name)],
      targets: [
        ...DOORS.map((door) =>
          atMost(
            MOST_IMPORT_MS,
            'ms',
            `import of ${door}, beyond an empty process`,
            cpu(importing, door) - cpu(importing, NOTHING),
          ),
        ),
        atMost(
          MOST_FIRST_REQUEST,
          '×',
          'process with a first signed request, against bare undici',
          cpu(requesting, SUBJECT.name) / cpu(requesting, BARE.name),
        ),
      ],
    }
  },
}
