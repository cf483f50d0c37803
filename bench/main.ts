// npm run bench -- [--full] [--only name,…] [--rounds n] [--profile folder]
// npm run bench -- --rewrite
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.js'
import { compare } from './compare.js'
import { machine } from './machine.js'
import type { Bench, Measure } from './measure.js'
import { cold } from './measures/cold.js'
import { faults } from './measures/faults.js'
import { overFetch } from './measures/fetch.js'
import { latency } from './measures/latency.js'
import { linear } from './measures/linear.js'
import { memory } from './measures/memory.js'
import { peers } from './measures/peers.js'
import { providers } from './measures/providers.js'
import { s3 } from './measures/s3.js'
import { prepare } from './prepare.js'
import { NullServer } from './processes.js'
import type { Report } from './report/markdown.js'
import { tableText, targetText } from './report/text.js'
import { lastReport, writeReport } from './report/write.js'
import { versions } from './versions.js'

const MEASURES: readonly Measure[] = [s3, peers, providers, overFetch, latency, memory, cold, linear, faults]
const ROUNDS = { short: 1, full: 5 }

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    profile: { type: 'string' },
    rewrite: { type: 'boolean', default: false },
  },
})

const form = values.full ? 'full' : 'short'
const only = values.only?.split(',')
const unknown = only?.filter((name) => !MEASURES.some((measure) => measure.name === name)) ?? []
if (unknown.length > 0)
  throw new RangeError(`--only takes ${MEASURES.map(({ name }) => name).join(', ')}; not ${unknown.join(', ')}`)
const rounds = Number(values.rounds ?? ROUNDS[form])
const profiles = values.profile && resolve(values.profile)

async function measureAll(): Promise<Report['results']> {
  const server = await NullServer.start()
  let comparisons = 0
  const bench: Bench = {
    isFull: values.full,
    rounds,
    compare(workload, contenders, times = rounds) {
      const folder = profiles && join(profiles, `${++comparisons}-${workload.protocol}`)
      return compare(server, workload, contenders, times, folder)
    },
  }
  const results = []
  try {
    for (const { run, ...measure } of MEASURES.filter(({ name }) => !only || only.includes(name))) {
      const startedAt = performance.now()
      const result = await run(bench)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
      console.log(`\n== ${measure.title} (${seconds} s)\n`)
      for (const table of result.tables) console.log(tableText(table))
      for (const target of result.targets) console.log(targetText(target))
      results.push({ ...measure, ...result })
    }
  } finally {
    server.stop()
  }
  return results
}

async function main(): Promise<void> {
  if (values.rewrite) {
    writeReport(lastReport())
    return
  }
  prepare()
  if (only) {
    await measureAll()
    return
  }
  console.log(`${await check()} small jobs at the emulator: all done, and nothing left`)
  const date = new Date().toISOString().slice(0, 10)
  const results = await measureAll()
  writeReport({ form, date, rounds, machine: machine(), versions: versions(), results })
}

await main()
