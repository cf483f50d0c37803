import { describe, expect, test, vi } from 'vitest'
import { Batch } from '../../src/engine/batch.js'
import { Ledger } from '../../src/engine/ledger.js'
import { difference, newTally } from '../../src/engine/tally.js'
import { type Detail, type Item, reason } from './fixtures.js'

describe('Ledger', () => {
  /** Takes a batch through it up to where it waits to be yielded. */
  const close = (ledger: Ledger<Item, Detail>, batch: Batch<Item, Detail>) => {
    ledger.open(batch)
    return ledger.take() ?? expect.fail('the batch is not settled')
  }
  const closed = (offset: number, count: number, failures = 0) => {
    const items = Array.from({ length: count }, (_, index) => `${offset + index}`)
    const batch = new Batch<Item, Detail>(offset, items)
    for (let index = 0; index < failures; index++) batch.fail(index, reason)
    batch.doneWhole()
    return batch
  }

  test('counts each batch once, and the requests since the batch before', () => {
    const ledger = new Ledger<Item, Detail>()
    const [first, second] = [close(ledger, closed(0, 2, 1)), close(ledger, closed(2, 3))]
    expect(ledger.tally).toMatchObject({ done: 4, failed: 1 })
    ledger.tally.requests = 5
    const one = ledger.deliver(first, undefined)
    expect(one.tally).toMatchObject({ items: 2, done: 1, failed: 1, requests: 5 })
    expect(one).toMatchObject({ offset: 0, count: 2, settledThrough: 2 })
    ledger.tally.requests = 7
    expect(ledger.deliver(second, 9)).toMatchObject({
      tally: { items: 3, done: 3, failed: 0, requests: 2 },
      settledThrough: 5,
      resumeFrom: 9,
    })
  })

  test('knows how many leading items are settled, whatever the order of batches', () => {
    const ledger = new Ledger<Item, Detail>()
    const deliver = (offset: number, count: number) => ledger.deliver(close(ledger, closed(offset, count)), undefined)
    expect(deliver(4, 2).settledThrough).toBe(0)
    expect(deliver(2, 2).settledThrough).toBe(0)
    expect(deliver(0, 2).settledThrough).toBe(6)
    expect(deliver(6, 1).settledThrough).toBe(7)
  })

  test('adds the durations of batches up to that of the run', () => {
    vi.useFakeTimers()
    vi.advanceTimersByTime(5)
    const ledger = new Ledger<Item, Detail>()
    vi.advanceTimersByTime(30)
    const first = ledger.deliver(close(ledger, closed(0, 1)), undefined)
    vi.advanceTimersByTime(12)
    const second = ledger.deliver(close(ledger, closed(1, 1)), undefined)
    expect([first.tally.durationMs, second.tally.durationMs, ledger.tally.durationMs]).toEqual([30, 12, 42])
    vi.useRealTimers()
  })
})

test('what happened between two readings of a tally is their difference, number by number', () => {
  const names = Object.keys(newTally())
  const now = { ...newTally(), ...Object.fromEntries(names.map((name, index) => [name, 100 + index])) }
  const before = { ...newTally(), ...Object.fromEntries(names.map((name, index) => [name, 10 * index])) }
  expect(Object.values(difference(now, before))).toEqual(names.map((_, index) => 100 - 9 * index))
})
