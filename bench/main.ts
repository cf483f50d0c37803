// npm run bench -- [--full] [--only name,…] [--rounds n] [--profile folder]
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import type { Bench } from './measure.js'
import { overFetch } from './measures/fetch.js'
import { peers } from './measures/peers.js'
import { providers } from './measures/providers.js'
import { s3 } from './measures/s3.js'
import { prepare } from './prepare.js'
import { NullServer } from './processes.js'
import { tableText, targetText } from './report/text.js'

const MEASURES = [s3, peers, providers, overFetch]

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    profile: { type: 'string' },
  },
})
const only = values.only?.split(',')
const rounds = Number(values.rounds ?? (values.full ? 5 : 3))
/** Where it is asked for, each run leaves a CPU profile there. */
const flags = values.profile ? ['--cpu-prof', '--cpu-prof-dir', resolve(values.profile)] : []

prepare()
const server = await NullServer.start()
const bench: Bench = {
  isFull: values.full,
  rounds,
  compare: (workload, contenders, times = rounds) => compare(server, workload, contenders, times, flags),
}
try {
  for (const measure of MEASURES) {
    if (only && !only.includes(measure.name)) continue
    const { tables, targets } = await measure.run(bench)
    console.log(`\n== ${measure.title}\n`)
    for (const table of tables) console.log(tableText(table))
    for (const target of targets) console.log(targetText(target))
  }
} finally {
  server.stop()
}
