import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { record } from '../figures.js'
import type { Result } from '../large/deleter.js'
import { writeKeys } from '../large/keys.js'
import { runDeleter, ServerProcess } from '../large/processes.js'
import { keysOf, rowOf } from '../large/rows.js'
import { Supervisor } from './supervisor.js'

/** `KEYSWEEP_LARGE=full` deletes a million keys, then ten, and compares the memory that took; it takes minutes. */
const isFull = process.env.KEYSWEEP_LARGE === 'full'
const MILLION = 1_000_000
const COUNTS = isFull ? [MILLION, 10 * MILLION] : [300_000]
const RESTARTS = 5
const BYSTANDERS = 1000
const KEYS_PER_REQUEST = 1000
/** Long enough for a gateway that takes its time to come back. */
const retry = { maxAttempts: 100, maxDelayMs: 1000 }
const TIMEOUT_MS = isFull ? 1_800_000 : 120_000

let folder: string
const results = new Map<number, Result>()
const rows: Record<string, ReturnType<typeof rowOf>> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keysweep-restarts-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  if (results.size < COUNTS.length) return
  record({
    suite: 'restarts',
    command: `${isFull ? 'KEYSWEEP_LARGE=full ' : ''}npm run test:restarts`,
    figures: { 'times the gateway was killed in a run': RESTARTS },
    tables: { Runs: rows },
  })
})

test.each(COUNTS)(
  '%i keys in one run, while the server is killed five times in the middle of an answer: complete and exact',
  async (count) => {
    const server = await ServerProcess.start()
    await server.order({ name: 'fill', store: 's3', container: 'keys', count: count + BYSTANDERS })
    const answers = Math.floor(count / KEYS_PER_REQUEST / (RESTARTS + 1))
    const storePort = Number(new URL(server.endpoints.s3).port)
    const supervisor = await Supervisor.start(storePort, answers, RESTARTS)
    const [keys, outcomes] = [join(folder, `${count}.txt`), join(folder, `${count}.outcomes`)]
    await writeKeys(keys, count)
    const { endpoint } = supervisor
    const result = await runDeleter({ store: 's3', container: 'keys', endpoint, keys, outcomes, retry })
    supervisor.stop()
    const comparison = await server.compare('s3', 'keys', outcomes)
    const arrived = await server.requests('s3')
    server.stop()
    console.log(`${count} keys: ${JSON.stringify({ ...result, ...comparison })}`)
    expect(supervisor.deaths).toBe(RESTARTS)
    // Some were carried out and their answers lost; some found nobody there.
    expect(arrived).toBeGreaterThanOrEqual(count / KEYS_PER_REQUEST + RESTARTS)
    expect(result.requests).toBeGreaterThan(arrived)
    expect(result).toMatchObject({ items: count, deleted: count, failed: 0 })
    expect(comparison).toMatchObject({
      keys: count,
      deleted: { gone: count, present: 0 },
      unaccounted: 0,
      held: BYSTANDERS,
    })
    results.set(count, result)
    rows[keysOf(count)] = rowOf(result, comparison)
  },
  TIMEOUT_MS,
)

if (isFull)
  test('ten times the keys take no more memory', () => {
    const [few, many] = COUNTS.map((count) => results.get(count) as Result) as [Result, Result]
    expect(many.peakHeapMiB / few.peakHeapMiB).toBeLessThan(1.2)
    expect(many.peakRssMiB / few.peakRssMiB).toBeLessThan(1.2)
  })
