// The fuzz campaign: answers of stores, changed, and answers made up, each held against an independent reading.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { type Figure, record } from '../figures.js'
import { fromVectors, recorded } from './corpus.js'
import { DECODERS, type DecoderName } from './decoders.js'
import { examine, examineRun, type Finding } from './examine.js'
import { growth } from './growth.js'
import { generated, type Input, mutated, untouched } from './inputs.js'
import { CLIENTS, DELETIONS, type StoreName } from './stores.js'

const USAGE = `npm run test:fuzz -- [options]
  --inputs N  so many inputs (default: 20000)
  --seed N    repeats a campaign, together with its --inputs
  --only TEXT the part of it whose name has this in it
  --record    writes the figures to docs/figures/fuzz.json`

/** What all inputs of one kind are, and what is done with each. */
interface Part {
  readonly name: string
  readonly inputs: fc.Arbitrary<Input>
  /** Of all inputs. */
  readonly share: number
  readonly look: (input: Input) => Promise<Finding>
}

const { values } = parseArgs({
  options: {
    inputs: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    record: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(USAGE)
else await campaign()

async function campaign(): Promise<void> {
  const seed = wholeNumber('seed', 1 + Math.floor(Math.random() * 0x7fff_fffe))
  const inputs = wholeNumber('inputs', 20_000)
  console.log(`seed ${seed}; again: npm run test:fuzz -- --seed ${seed} --inputs ${inputs}`)
  const startedAt = performance.now()
  const samples = [...(await recorded()), ...fromVectors()]
  const kinds = new Map<string, number>()
  const rows: Record<string, Record<string, Figure>> = {}
  let passed = 0
  let failed = 0
  for (const { name, input } of samples.map(untouched)) {
    const { wrong, overlooked } = await examine(name, input)
    if (overlooked > 0) wrong.push('something of what it says is overlooked')
    if (wrong.length === 0) passed++
    else failed += show(`${name}, as it was`, input, wrong.join('; '))
  }
  for (const { name, inputs: arbitrary, share, look } of parts(samples).filter((part) =>
    part.name.includes(values.only),
  )) {
    const row = { inputs: 0, 'with something done': 0, 'more cautious than the reading': 0, failed: 0 }
    rows[name] = row
    const property = fc.asyncProperty(arbitrary, async (input) => {
      for (const kind of input.changes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      const { wrong, done, overlooked } = await look(input)
      row.inputs++
      if (done > 0) row['with something done']++
      if (overlooked > 0) row['more cautious than the reading']++
      if (wrong.length > 0) throw new Error(wrong.join('; '))
    })
    const result = await fc.check(property, { seed, numRuns: Math.max(1, Math.ceil(inputs * share)) })
    passed += result.numRuns - (result.failed ? 1 : 0)
    if (result.failed) {
      row.failed = show(name, (result.counterexample as [Input])[0], String(result.errorInstance))
      failed += row.failed
    }
    console.log(
      `${name}: ${Object.entries(row)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ')}`,
    )
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`${seconds} s, Node ${process.version}`)
  if (values.record) {
    process.env.KEYSWEEP_RECORD = '1'
    record({
      suite: 'fuzz',
      command: `npm run test:fuzz -- --seed ${seed} --inputs ${inputs} --record`,
      figures: {
        inputs: passed + failed,
        seed,
        seconds,
        'answers of stores among them, as they were': samples.length,
        'keys called done that were not said to be, readers that disagreed, and anything thrown': failed,
      },
      tables: {
        'What was read': rows,
        'How answers were changed': Object.fromEntries([...kinds].sort().map(([kind, times]) => [kind, { times }])),
        'Time by size, at its steepest': await growth(),
      },
    })
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

/** Each call of each provider, and whole runs of each client. */
function parts(samples: Parameters<typeof mutated>[1]): Part[] {
  const decoders = Object.keys(DECODERS) as DecoderName[]
  const stores = Object.keys(CLIENTS) as StoreName[]
  return [
    ...decoders.flatMap((name): Part[] => {
      const look = (input: Input) => examine(name, input)
      return [
        { name: `${name}, changed`, inputs: mutated(name, samples), share: 0.6 / decoders.length, look },
        { name: `${name}, made up`, inputs: generated(name), share: 0.3 / decoders.length, look },
      ]
    }),
    ...stores.map((store): Part => {
      const look = (input: Input) => examineRun(store, input)
      return { name: `a run of ${store}`, inputs: mutated(DELETIONS[store], samples), share: 0.1 / stores.length, look }
    }),
  ]
}

function wholeNumber(name: 'seed' | 'inputs', standard: number): number {
  const number = Number(values[name] ?? standard)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new RangeError(`--${name} must be a whole number, 1 or more\n${USAGE}`)
}

/** Tells of a failure, and counts it. */
function show(name: string, input: Input, what: string): 1 {
  console.log(`\n${name}: ${what.slice(0, 1000)}`)
  console.log(JSON.stringify({ ...input, body: Buffer.from(input.body).toString('latin1') }).slice(0, 4000), '\n')
  return 1
}
