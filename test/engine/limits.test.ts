import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientFor, fault, keyNames, ModelStore, NO_FAULT } from './model-store.js'

test('a store that takes fewer items than documented gets smaller requests, those already cut included', async () => {
  const keys = keyNames(60_000)
  const store = new ModelStore('esa', keys)
  store.mostItems = 100
  const { deleted, failed } = await clientFor(store, { concurrency: 4 }).deleteMany(keys)
  expect(failed).toEqual([])
  expect(deleted.map(({ key }) => key)).toEqual(keys)
  expect(store.present.size).toBe(0)
})

test('a store to which any number is too many is not asked for every item', async () => {
  const keys = keyNames(2_000)
  const store = new ModelStore('esa', keys)
  store.mostItems = 0
  const { failed } = await clientFor(store).deleteMany(keys)
  expect(failed).toHaveLength(2_000)
  expect(failed.every(({ code, outcome }) => code === 'InvalidKey.TooManyKeys' && outcome === 'refused')).toBe(true)
  expect(store.requests.length).toBeLessThanOrEqual(1 + 64)
})

test('and still every key of an array, where long keys had filled requests before', async () => {
  const keys = keyNames(20_000).map((key) => key.padEnd(500, '-'))
  const store = new ModelStore('esa', keys)
  store.mostItems = 1_000
  const { deleted, failed } = await clientFor(store, { concurrency: 1 }).deleteMany(keys)
  expect([deleted.length, failed, store.present.size]).toEqual([20_000, [], 0])
})

test('a store that takes bodies of hardly one key gets one key a request', async () => {
  const keys = keyNames(2_500).map((key) => key.padEnd(1_000, '-'))
  const store = new ModelStore('s3', keys)
  store.mostBytes = 1_300
  const { deleted, failed } = await clientFor(store, { concurrency: 1 }).deleteMany(keys)
  expect([deleted.length, failed, store.present.size]).toEqual([2_500, [], 0])
})

test('whatever a store takes, and in whatever form keys come, each is accounted for, in its place', async () => {
  const course = fc.record({
    dialect: fc.constantFrom('s3' as const, 'esa' as const, 'ctyun' as const),
    count: fc.integer({ min: 1, max: 4_000 }),
    length: fc.constantFrom(1, 60, 400, 500),
    mostItems: fc.constantFrom(1, 7, 300, Number.POSITIVE_INFINITY),
    mostBytes: fc.constantFrom(600, 3_000, 100_000, Number.POSITIVE_INFINITY),
    throttled: fc.constantFrom(0, 2, 30),
    source: fc.constantFrom('array', 'generator', 'asynchronous generator', 'set'),
    concurrency: fc.integer({ min: 1, max: 8 }),
  })
  await fc.assert(
    fc.asyncProperty(course, async ({ dialect, length, source, concurrency, ...chosen }) => {
      // One key a request takes long.
      const count = Math.min(chosen.count, chosen.mostItems < 7 || chosen.mostBytes < 3_000 ? 400 : 4_000)
      const keys = keyNames(count).map((key) => key.padEnd(length, '-'))
      const store = new ModelStore(dialect, keys)
      if (dialect === 'esa') store.mostItems = chosen.mostItems
      store.mostBytes = chosen.mostBytes
      store.faultFor = (index) => (index % 3 > 0 && index < chosen.throttled ? fault('throttle') : NO_FAULT)
      async function* later() {
        yield* keys
      }
      const sources = { array: keys, set: new Set(keys), generator: keys.values(), 'asynchronous generator': later() }
      const retry = { baseDelayMs: 1, maxDelayMs: 2, maxAttempts: 50 }
      const report = await clientFor(store, { concurrency, retry }).deleteMany(sources[source as keyof typeof sources])
      const failed = new Set(report.failed.map(({ key }) => key))
      expect(report.deleted.map(({ key }) => key)).toEqual(keys.filter((key) => !failed.has(key)))
      expect(report.failed.map(({ key }) => key)).toEqual(keys.filter((key) => failed.has(key)))
      expect([...store.present]).toEqual([...failed])
      if (chosen.mostBytes > 1_500) expect(failed.size).toBe(0)
    }),
    { numRuns: Number(process.env.KEYSWEEP_RUNS ?? 30) },
  )
})
