import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { record } from '../figures.js'
import type { Result } from './deleter.js'
import { writeKeys } from './keys.js'
import { runDeleter, ServerProcess } from './processes.js'
import { keysOf, rowOf } from './rows.js'
import type { Comparison } from './server.js'

/** `KEYSWEEP_LARGE=full` compares the memory of ten million keys with that of one, else of four million; it takes minutes. */
const isFull = process.env.KEYSWEEP_LARGE === 'full'
const MILLION = 1_000_000
const KV_KEYS = 200_000
/** A shorter first run would be compared before the process has grown to its usual size. */
const MEMORY_RUNS = isFull ? { few: MILLION, many: 10 * MILLION } : { few: MILLION / 2, many: 2 * MILLION }
const TIMEOUT_MS = isFull ? 1_800_000 : 120_000

const KEY_FAULTS = { AccessDenied: 0.001 }
const FAULTS = { status: { 503: 0.01 }, reset: 0.01, keyErrors: KEY_FAULTS }

let server: ServerProcess
let folder: string
const rows: Record<string, ReturnType<typeof rowOf>> = {}
const memory: Record<string, ReturnType<typeof rowOf>> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keysweep-large-'))
  server = await ServerProcess.start()
}, TIMEOUT_MS)

afterAll(async () => {
  server?.stop()
  await rm(folder, { recursive: true, force: true })
  if (Object.keys(rows).length < 2 || Object.keys(memory).length < 2) return
  record({
    suite: 'large',
    command: `${isFull ? 'KEYSWEEP_LARGE=full ' : ''}npm run test:large`,
    figures: {
      'requests answered 503': `${FAULTS.status[503] * 100} %`,
      'connections broken': `${FAULTS.reset * 100} %`,
      'keys refused': `${KEY_FAULTS.AccessDenied * 100} %`,
    },
    tables: { 'Report and store, key for key': rows, 'Memory, over keys that are not there': memory },
  })
})

async function run(store: 's3' | 'alibaba-esa', container: string, count: number): Promise<Result> {
  const keys = join(folder, `${count}.txt`)
  await writeKeys(keys, count)
  const outcomes = join(folder, `${container}.outcomes`)
  const result = await runDeleter({ store, container, endpoint: server.endpoints[store], keys, outcomes })
  console.log(`${store} ${container}: ${JSON.stringify(result)}`)
  return result
}

function expectAgreement(result: Result, comparison: Comparison, count: number): void {
  expect(result.deleted + result.failed).toBe(count)
  expect(result.items).toBe(count)
  expect(comparison.keys).toBe(count)
  expect(comparison.unaccounted).toBe(0)
  // Nothing that is reported as deleted is there, and nothing that is gone is reported as refused.
  expect(comparison.deleted).toEqual({ gone: result.deleted, present: 0 })
  expect(comparison.refused.gone).toBe(0)
  expect(comparison['not-sent'].gone).toBe(0)
  expect(comparison.held).toBe(comparison.refused.present + comparison.unknown.present + comparison['not-sent'].present)
}

describe('a million keys from a file, against an emulator in another process', () => {
  test(
    'through S3, with failing requests and refused keys: report and store agree key for key',
    async () => {
      await server.order({ name: 'fill', store: 's3', container: 'million', count: MILLION })
      await server.order({ name: 'faults', store: 's3', faults: FAULTS })
      const result = await run('s3', 'million', MILLION)
      const comparison = await server.compare('s3', 'million', join(folder, 'million.outcomes'))
      console.log(JSON.stringify(comparison))
      expectAgreement(result, comparison, MILLION)
      expect(result.retries).toBeGreaterThan(0)
      // One in a thousand, give or take five standard deviations.
      expect(result.failed).toBeGreaterThan(840)
      expect(result.failed).toBeLessThan(1160)
      rows[`${keysOf(MILLION)} through S3`] = rowOf(result, comparison)
    },
    TIMEOUT_MS,
  )

  test(
    'through a key-value store that names no reasons: the same',
    async () => {
      await server.order({ name: 'fill', store: 'alibaba-esa', container: 'many', count: KV_KEYS })
      const faults = { status: { 503: 0.1 }, reset: 0.1, keyErrors: { Failed: 0.3 } }
      await server.order({ name: 'faults', store: 'alibaba-esa', faults })
      const result = await run('alibaba-esa', 'many', KV_KEYS)
      const comparison = await server.compare('alibaba-esa', 'many', join(folder, 'many.outcomes'))
      console.log(JSON.stringify(comparison))
      expectAgreement(result, comparison, KV_KEYS)
      expect(result.failed).toBeGreaterThan(0)
      rows[`${keysOf(KV_KEYS)} through a key-value store`] = rowOf(result, comparison)
    },
    TIMEOUT_MS,
  )
})

test(
  'many times the keys take no more memory',
  async () => {
    // Keys that are not there are deleted already, so the bucket may be empty.
    await server.order({ name: 'fill', store: 's3', container: 'few', count: 0 })
    await server.order({ name: 'fill', store: 's3', container: 'more', count: 0 })
    await server.order({ name: 'faults', store: 's3', faults: FAULTS })
    const few = await run('s3', 'few', MEMORY_RUNS.few)
    const many = await run('s3', 'more', MEMORY_RUNS.many)
    expect(many.items).toBe(MEMORY_RUNS.many)
    expect(many.peakHeapMiB / few.peakHeapMiB).toBeLessThan(1.2)
    expect(many.peakRssMiB / few.peakRssMiB).toBeLessThan(1.2)
    memory[keysOf(MEMORY_RUNS.few)] = rowOf(few)
    memory[keysOf(MEMORY_RUNS.many)] = rowOf(many)
  },
  TIMEOUT_MS,
)
