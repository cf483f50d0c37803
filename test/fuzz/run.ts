import { parseArgs } from 'node:util'
import fc from 'fast-check'
import type { StoreName } from 'keysweep/emulator'
import { examine, examineRun, type Finding, generated, type Input, mutated } from './campaign.js'
import { fromVectors, recorded } from './corpus.js'
import { DECODERS, type DecoderName } from './decoders.js'
import { CLIENTS, DELETIONS } from './stores.js'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    record: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const inputs = Number(values.inputs)
console.log(`seed ${seed}: npm run test:fuzz -- --seed ${seed} --inputs ${inputs}`)

const started = performance.now()
const samples = [...(await recorded()), ...fromVectors()]
const counts = { passed: 0, failed: 0 }
const kinds = new Map<string, number>()

async function campaign(
  what: string,
  arbitrary: fc.Arbitrary<Input>,
  share: number,
  look: (input: Input) => Promise<Finding>,
) {
  const runs = Math.max(1, Math.round(inputs * share))
  let done = 0
  let overlooked = 0
  const begun = performance.now()
  const result = await fc.check(
    fc.asyncProperty(arbitrary, async (input) => {
      for (const { kind } of [...(input.mutations?.text ?? []), ...(input.mutations?.bytes ?? [])])
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      const finding = await look(input)
      if (finding.done > 0) done++
      if (finding.overlooked > 0) overlooked++
      if (finding.overlooked > 0 && process.env.SHOW && Math.random() < 0.05)
        console.log(
          'OVERLOOKED',
          finding.overlooked,
          input.quiet,
          JSON.stringify(input.items),
          Buffer.from(input.body).toString().slice(0, 900),
        )
      if (finding.wrong.length > 0) throw new Error(finding.wrong.join('; '))
    }),
    { seed, numRuns: runs },
  )
  console.log(
    `${what}: ${result.numRuns} inputs, ${done} with something done, ${overlooked} overlooked, ${Math.round(((performance.now() - begun) / result.numRuns) * 1000)} us each`,
  )
  counts.passed += result.numRuns - (result.failed ? 1 : 0)
  if (!result.failed) return
  counts.failed++
  const [input] = result.counterexample as [Input]
  console.log(`  ${(result.errorInstance as Error)?.message}`)
  console.log(`  ${JSON.stringify({ ...input, body: Buffer.from(input.body).toString('latin1') })}`)
}

const names = Object.keys(DECODERS) as DecoderName[]
for (const name of names) {
  await campaign(`${name}, mutated`, mutated(name, samples), 0.6 / names.length, (input) => examine(name, input))
  await campaign(`${name}, generated`, generated(name), 0.3 / names.length, (input) => examine(name, input))
}
const stores = Object.keys(CLIENTS) as StoreName[]
for (const store of stores)
  await campaign(`a run of ${store}`, mutated(DELETIONS[store], samples), 0.1 / stores.length, (input) =>
    examineRun(store, input),
  )
console.log(Object.fromEntries(kinds), `${((performance.now() - started) / 1000).toFixed(1)} s`)
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 ? 1 : 0
