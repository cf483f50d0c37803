import { describe, expect, test, vi } from 'vitest'
import { Pool } from '../../src/engine/pool.js'
import { batchOf, type Detail, type Item, operation } from './fixtures.js'

describe('Pool', () => {
  const slotsFor = (...items: Item[]) => items.map((_, index) => ({ batch: batchOf(...items), index }))
  const filled = (...items: Item[]) => {
    const pool = new Pool<Item, Detail>(operation)
    for (const slot of slotsFor(...items)) pool.add(slot, 0, 0)
    return pool
  }
  const taken = (pool: Pool<Item, Detail>, limits = { items: 3, bytes: 100 }) =>
    pool.take(limits).map(({ batch, index }) => batch.items[index])

  test('fills requests by number', () => {
    const pool = filled('a', 'b', 'c', 'd')
    expect([taken(pool), pool.size]).toEqual([['a', 'b', 'c'], 1])
    expect([taken(pool), pool.size, taken(pool)]).toEqual([['d'], 0, []])
  })

  test('looks at no more than a request holds, for it is asked again and again while there is much', () => {
    const write = vi.fn(operation.write)
    const pool = new Pool<Item, Detail>({ ...operation, write })
    const keys = Array.from({ length: 100 }, (_, index) => `${index}`)
    for (const slot of slotsFor(...keys)) pool.add(slot, 0, 0)
    const requests = Array.from({ length: 34 }, () => taken(pool))
    expect([requests.flat(), write.mock.calls.length, pool.size]).toEqual([keys, 100, 0])
  })

  test('fills requests by bytes, with what is shorter behind what does not fit', () => {
    const pool = filled('aaaa', 'bbbb', 'c')
    expect(taken(pool, { items: 9, bytes: 17 })).toEqual(['aaaa', 'c'])
    expect(taken(pool, { items: 9, bytes: 1 })).toEqual(['bbbb'])
  })

  test('puts a key that two batches had into two requests', () => {
    const pool = filled('a', 'a', 'b')
    expect([taken(pool), taken(pool)]).toEqual([['a', 'b'], ['a']])
  })

  test('waits until the last of it is due, and tells how long nothing was added', () => {
    const pool = new Pool<Item, Detail>(operation)
    const [a, b] = slotsFor('a', 'b')
    pool.add(a as never, 100, 50)
    pool.add(b as never, 110, 10)
    expect([pool.wait(110), pool.wait(160)]).toEqual([40, -10])
    expect([pool.idleFor(115, 20), pool.idleFor(140, 20)]).toEqual([15, -10])
    expect([pool.drain().length, pool.size]).toEqual([2, 0])
  })
})
