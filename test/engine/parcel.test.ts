import { describe, expect, test } from 'vitest'
import { cutOff, type Parcel, parcelOf, parcelsOf, slotsOf } from '../../src/engine/parcel.js'
import { batchOf, type Detail, type Item, operation, reason } from './fixtures.js'

describe('parcels', () => {
  test('a batch that goes out whole is one, without slots of its own', () => {
    const batch = batchOf('a', 'b')
    const [only, ...others] = parcelsOf(batch, operation)
    expect(others).toEqual([])
    expect(only).toMatchObject({ operation, items: ['a', 'b'], attempts: 0 })
    expect(only?.slots).toBeUndefined()
    expect(slotsOf(only as Parcel<Item, Detail>)).toEqual([0, 1].map((index) => ({ batch, index })))
  })

  test('what is settled stays behind, and what must go alone goes by the other call', () => {
    const batch = batchOf('a', 'b', 'c', 'd')
    batch.fail(1, reason)
    batch.alone.push(2)
    batch.written = ['a,', 'b,', '', 'd,']
    expect(parcelsOf(batch, operation)).toMatchObject([
      { operation: { name: 'Test' }, items: ['a', 'd'], written: ['a,', 'd,'], attempts: 0 },
      { operation: { name: 'TestOne' }, items: ['c'], attempts: 0 },
    ])
    const { fallback: _, ...withoutFallback } = operation
    expect(parcelsOf(batch, withoutFallback)).toHaveLength(1)
    const lone = batchOf('a')
    lone.alone.push(0)
    expect(parcelsOf(lone, operation)).toHaveLength(1)
  })

  test('pieces of one keep their order and its history', () => {
    const batch = batchOf('a', 'b', 'c')
    const siblings = { size: 2, succeeded: 0 }
    const parts = cutOff({ operation, items: batch.items, batch, attempts: 1 }, 2, { attempts: 2, reason, siblings })
    expect(parts.map(({ items }) => items)).toEqual([['a', 'b'], ['c']])
    for (const part of parts) expect(part).toMatchObject({ attempts: 2, reason, siblings, mended: [], pooled: false })
    const pooled = parcelOf(operation, [{ batch, index: 2 }], { attempts: 0, mended: ['renew'], pooled: true })
    expect(pooled).toMatchObject({ items: ['c'], mended: ['renew'], pooled: true })
    expect(pooled).not.toHaveProperty('reason')
  })
})
