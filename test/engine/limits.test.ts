import { expect, test } from 'vitest'
import { clientFor, keyNames, ModelStore } from './model-store.js'

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
