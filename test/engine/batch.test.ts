import { describe, expect, test } from 'vitest'
import { Batch } from '../../src/engine/batch.js'
import { batchOf, type Detail, type Item, reason } from './fixtures.js'

describe('Batch', () => {
  test('is settled when every item is, and tells each in its place', () => {
    const batch = batchOf('a', 'b', { key: 'c', versionId: '1' }, 'd')
    expect([batch.isSettled, batch.isIntact]).toEqual([false, true])
    batch.fail(1, { ...reason, status: 403, requestId: 'r' })
    expect([batch.isIntact, batch.isOpen(0), batch.isOpen(1)]).toEqual([false, true, false])
    batch.done(0, undefined)
    batch.done(2, { deleteMarker: true })
    expect(batch.isSettled).toBe(false)
    batch.done(3, undefined)
    expect([batch.isSettled, batch.isOpen(0)]).toEqual([true, false])
    const failure = { ...reason, key: 'b', outcome: 'not-sent', attempts: 0, status: 403, requestId: 'r' }
    expect(batch.report()).toStrictEqual({
      done: [{ key: 'a' }, { key: 'c', versionId: '1', deleteMarker: true }, { key: 'd' }],
      failed: [failure],
    })
  })

  test('tells nothing that it does not know', () => {
    const batch = batchOf('a', { key: 'b', versionId: '1' })
    for (const index of [0, 1]) batch.fail(index, reason)
    const known = { code: 'No', message: 'no', outcome: 'not-sent', retryable: false, attempts: 0 }
    expect(batch.report().failed).toStrictEqual([
      { key: 'a', ...known },
      { key: 'b', versionId: '1', ...known },
    ])
  })

  test('counts an item once, however often it is settled', () => {
    const batch = batchOf('a', 'b')
    batch.done(0, undefined)
    batch.done(0, undefined)
    expect(batch.isSettled).toBe(false)
  })

  test('that is done whole is, but for what had failed before', () => {
    const whole = batchOf('a', 'b')
    whole.doneWhole()
    expect([whole.isSettled, whole.report()]).toEqual([true, { done: [{ key: 'a' }, { key: 'b' }], failed: [] }])
    const rest = batchOf('a', 'b', 'c')
    rest.fail(1, reason)
    rest.doneWhole()
    expect(rest.isSettled).toBe(true)
    expect(rest.report()).toMatchObject({ done: [{ key: 'a' }, { key: 'c' }], failed: [{ key: 'b' }] })
  })

  test('reports nothing of an item that was only planned', () => {
    const batch = batchOf('a', 'b')
    batch.planned(0)
    batch.fail(1, reason)
    expect(batch.isSettled).toBe(true)
    expect(batch.report()).toMatchObject({ done: [], failed: [{ key: 'b' }] })
  })

  test('lets one item stand for others like it', () => {
    const batch = new Batch<Item, Detail>(7)
    for (const key of ['a', 'a', 'b', 'a']) batch.add(key)
    batch.merge(0, 1)
    batch.merge(1, 3)
    expect([batch.offset, batch.isIntact, batch.isOpen(0), batch.isOpen(3)]).toEqual([7, false, false, true])
    batch.done(2, undefined)
    batch.fail(3, reason)
    expect(batch.isSettled).toBe(true)
    expect(batch.report().failed.map(({ key }) => key)).toEqual(['a', 'a', 'a'])
  })

  test('with nothing in it, or with an item that goes alone, is not intact', () => {
    const batch = new Batch<Item, Detail>(0)
    expect(batch.isIntact).toBe(false)
    batch.alone.push(batch.add('a'))
    expect(batch.isIntact).toBe(false)
  })

  test.each([
    { attempts: [], outcome: 'not-sent', sent: 0, failures: 0 },
    { attempts: [{ transient: true, arrived: false, unsure: false }], outcome: 'not-sent', sent: 1, failures: 1 },
    {
      attempts: [{ sent: false, transient: true, arrived: false, unsure: false }],
      outcome: 'not-sent',
      sent: 0,
      failures: 1,
    },
    { attempts: [{ transient: false, arrived: true, unsure: false }], outcome: 'refused', sent: 1, failures: 0 },
    {
      attempts: [
        { transient: true, arrived: true, unsure: true },
        { transient: true, arrived: true, unsure: false },
      ],
      outcome: 'unknown',
      sent: 2,
      failures: 2,
    },
    {
      attempts: [
        { transient: true, arrived: true, unsure: false },
        { transient: true, arrived: false, unsure: false },
      ],
      outcome: 'refused',
      sent: 2,
      failures: 2,
    },
  ])('remembers what attempts have shown: $outcome after $sent', ({ attempts, outcome, sent, failures }) => {
    const batch = batchOf('other', 'a')
    for (const attempt of attempts) batch.attempted(1, attempt)
    expect([batch.failures(0), batch.failures(1)]).toEqual([0, failures])
    for (const index of [0, 1]) batch.fail(index, reason)
    expect(batch.report().failed).toMatchObject([
      { key: 'other', outcome: 'not-sent', attempts: 0 },
      { key: 'a', outcome, attempts: sent },
    ])
  })
})
