import { figureOf } from '../figures.js'
import { atMost, type Bench, type Measure } from '../measure.js'
import { NODE, runScript } from '../processes.js'
import { MILLION_KEYS } from './cpu.js'

const MOST_IMPORT_MS = 10
const MOST_FIRST_REQUEST = 1.3
/** A start is short, and differs from the next by more than a long job does. */
const RUNS_A_ROUND = 5

const DOORS = ['s3', 'yandex', 'ncloud', 'ctyun-zos', 'alibaba-esa', 'alibaba-dcdn'].map((door) => `keysweep/${door}`)
const NOTHING = ''
const MODULES = [NOTHING, ...DOORS, 'keysweep', 'undici', '@aws-sdk/client-s3']

async function importTimes({ rounds }: Bench): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(MODULES.map((name) => [name, []]))
  for (let run = 0; run < rounds * RUNS_A_ROUND; run++)
    for (const name of MODULES) times.get(name)?.push((await runScript('client/import', name, NODE)) as number)
  return times
}

export const cold: Measure = {
  name: 'cold',
  title: 'Cold',
  about:
    'Milliseconds from the start of a Node process until the module is there, and until the answer to one signed request for one key is read.',
  async run(bench) {
    const times = await importTimes(bench)
    const median = (name: string) => figureOf(times.get(name) ?? []).median
    const over = (name: string) => median(name) - median(NOTHING)
    const firsts = [
      { name: 'undici and a loop by hand', module: 'floors/s3' },
      { name: 'keysweep', module: 'keysweep/s3' },
      { name: '@aws-sdk/client-s3', module: 'peers/aws-sdk' },
    ] as const
    const [bare, subject] = firsts
    const samples = await bench.compare({ ...MILLION_KEYS, count: 1 }, firsts, bench.rounds * RUNS_A_ROUND)
    const first = (name: string) => figureOf((samples.get(name) ?? []).map(({ sinceStartMs }) => sinceStartMs))
    const cells = (figure: { median: number; min: number; max: number }) =>
      [figure.median, figure.min, figure.max].map((value) => value.toFixed(1))
    return {
      tables: [
        {
          title: 'Import',
          columns: ['module', 'ms', 'min', 'max', 'beyond nothing'],
          rows: MODULES.map((name) => [
            name || '(nothing)',
            ...cells(figureOf(times.get(name) ?? [])),
            over(name).toFixed(1),
          ]),
        },
        {
          title: 'First signed request',
          columns: ['client', 'ms', 'min', 'max'],
          rows: firsts.map(({ name }) => [name, ...cells(first(name))]),
        },
      ],
      targets: [
        ...DOORS.map((door) => atMost(MOST_IMPORT_MS, 'ms', `import of ${door}, beyond an empty process`, over(door))),
        atMost(
          MOST_FIRST_REQUEST,
          '×',
          'process with a first signed request, against bare undici',
          first(subject.name).median / first(bare.name).median,
        ),
      ],
    }
  },
}
