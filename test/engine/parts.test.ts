import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AttemptResult } from '../../src/engine/attempt.js'
import { Batch } from '../../src/engine/batch.js'
import { attemptEvent, callGuarded } from '../../src/engine/events.js'
import { Ledger } from '../../src/engine/ledger.js'
import { type Parcel, parcelOf, parcelsOf, pieces, slotsOf } from '../../src/engine/parcel.js'
import { Pool } from '../../src/engine/pool.js'
import { Queue } from '../../src/engine/queue.js'
import { remedyFor } from '../../src/engine/remedy.js'
import { Splitter } from '../../src/engine/splitter.js'
import type { Store } from '../../src/engine/store.js'
import { difference, newTally } from '../../src/engine/tally.js'
import { ALONE, type Operation, type Refusal } from '../../src/operation.js'
import { Redactor } from '../../src/redact.js'

type Item = string | { readonly key: string; readonly versionId: string }
interface Detail {
  readonly deleteMarker?: boolean
}

const reason = { code: 'No', message: 'no', retryable: false }
const batchOf = (...items: Item[]) => new Batch<Item, Detail>(0, items)
const call = (name: string) => ({
  name,
  encode: () => expect.fail('not asked for'),
  decode: () => expect.fail('not asked for'),
})
const operation: Operation<Item, Detail> = {
  ...call('Test'),
  ...{ maxItems: 3, maxBytes: 100, envelopeBytes: 10, interchangeable: () => true },
  write: (item) => (typeof item === 'string' ? `${item},` : ALONE),
  measure: (text) => text.length,
  fallback: call('TestOne'),
}
const parcel = (...items: Item[]): Parcel<Item, Detail> =>
  ({ operation, items, batch: batchOf(...items), attempts: 0 }) as Parcel<Item, Detail>

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

describe('Queue', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('gives parcels in their order, those put first before all others', () => {
    const queue = new Queue<Item, Detail>(() => {})
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((key) => parcel(key))
    queue.push(a as Parcel<Item, Detail>, b as Parcel<Item, Detail>)
    queue.unshift(c as Parcel<Item, Detail>, d as Parcel<Item, Detail>)
    expect([queue.size, queue.delayed]).toEqual([4, 0])
    expect([queue.next(), queue.next(), queue.next(), queue.next(), queue.next()]).toEqual([c, d, a, b, undefined])
  })

  test('keeps a parcel until its time, and says so then', () => {
    const onDue = vi.fn()
    const queue = new Queue<Item, Detail>(onDue)
    queue.later(parcel('a'), 50)
    expect([queue.size, queue.delayed, queue.next()]).toEqual([1, 1, undefined])
    vi.advanceTimersByTime(49)
    expect(onDue).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onDue).toHaveBeenCalledTimes(1)
    expect([queue.size, queue.delayed, queue.next()?.items]).toEqual([1, 0, ['a']])
  })

  test('is emptied at once, what waits for its time included, and leaves no timer', () => {
    const onDue = vi.fn()
    const queue = new Queue<Item, Detail>(onDue)
    queue.later(parcel('late'), 50)
    queue.push(parcel('ready'))
    queue.stopTimers()
    expect(vi.getTimerCount()).toBe(0)
    expect(queue.drain().map(({ items }) => items)).toEqual([['ready'], ['late']])
    expect([queue.size, queue.delayed, queue.next()]).toEqual([0, 0, undefined])
    expect(onDue).not.toHaveBeenCalled()
  })
})

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
    expect(parcelsOf(batch, operation).map(({ operation: { name }, items }) => [name, items])).toEqual([
      ['Test', ['a', 'd']],
      ['TestOne', ['c']],
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
    const parts = pieces({ operation, items: batch.items, batch, attempts: 1 }, 2, { attempts: 2, reason, siblings })
    expect(parts.map(({ items }) => items)).toEqual([['a', 'b'], ['c']])
    for (const part of parts)
      expect(part).toMatchObject({ attempts: 2, reason, siblings, mended: false, pooled: false })
    const pooled = parcelOf(operation, [{ batch, index: 2 }], { attempts: 0, mended: true, pooled: true })
    expect(pooled).toMatchObject({ items: ['c'], mended: true, pooled: true })
    expect(pooled).not.toHaveProperty('reason')
  })
})

describe('Ledger', () => {
  const closed = (offset: number, count: number, failures = 0) => {
    const items = Array.from({ length: count }, (_, index) => `${offset + index}`)
    const batch = new Batch<Item, Detail>(offset, items)
    for (let index = 0; index < failures; index++) batch.fail(index, reason)
    batch.doneWhole()
    return batch
  }

  test('counts each batch once, and the requests since the batch before', () => {
    const ledger = new Ledger()
    const [first, second] = [ledger.close(closed(0, 2, 1)), ledger.close(closed(2, 3))]
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
    const ledger = new Ledger()
    const deliver = (offset: number, count: number) => ledger.deliver(ledger.close(closed(offset, count)), undefined)
    expect(deliver(4, 2).settledThrough).toBe(0)
    expect(deliver(2, 2).settledThrough).toBe(0)
    expect(deliver(0, 2).settledThrough).toBe(6)
    expect(deliver(6, 1).settledThrough).toBe(7)
  })

  test('adds the durations of batches up to that of the run', () => {
    vi.useFakeTimers()
    vi.advanceTimersByTime(5)
    const ledger = new Ledger()
    vi.advanceTimersByTime(30)
    const first = ledger.deliver(ledger.close(closed(0, 1)), undefined)
    vi.advanceTimersByTime(12)
    const second = ledger.deliver(ledger.close(closed(1, 1)), undefined)
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

describe('a remedy', () => {
  const now = Date.UTC(2026, 0, 1)
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' }
  const storeOf = (skewMs = 0, renews = true) =>
    ({ skewMs, clock: () => new Date(now), credentials: { renew: vi.fn(() => renews) } }) as unknown as Store
  const refusal = (remedy: Refusal['remedy'], serverTime?: Date): Refusal =>
    ({ kind: 'refusal', code: 'No', message: 'no', remedy, unsure: false, serverTime }) as Refusal
  const result = { skewMs: 0, credentials } as unknown as AttemptResult<Detail>

  test.each([
    { what: 'is off', at: now + 60_000, remedy: 'reclock', skewMs: 60_000 },
    { what: 'is off the other way', at: now - 3_600_000, remedy: 'reclock', skewMs: -3_600_000 },
    { what: 'is right', at: now + 59_999, remedy: 'halt', skewMs: 0 },
    { what: 'is off by a century', at: Date.UTC(2101, 0, 1), remedy: 'halt', skewMs: 0 },
    { what: 'is off to the last believable year', at: Date.UTC(2100, 11, 31), remedy: 'reclock', skewMs: undefined },
    { what: 'is off to the first believable year', at: Date.UTC(2015, 0, 1), remedy: 'reclock', skewMs: undefined },
    { what: 'is off to the time before', at: Date.UTC(2014, 11, 31), remedy: 'halt', skewMs: 0 },
    { what: 'cannot be told', at: undefined, remedy: 'halt', skewMs: 0 },
  ])('where the clock $what: $remedy', ({ at, remedy, skewMs }) => {
    const store = storeOf()
    const serverTime = at === undefined ? undefined : new Date(at)
    expect(remedyFor(refusal('reclock', serverTime), result, false, store)).toBe(remedy)
    expect(store.skewMs).toBe(skewMs ?? (at as number) - now)
  })

  test('is measured from the clock as it was corrected for the request', () => {
    const corrected = { ...result, skewMs: 60_000 }
    const store = storeOf(60_000)
    expect(remedyFor(refusal('reclock', new Date(now + 61_000)), corrected, false, store)).toBe('halt')
    expect(remedyFor(refusal('reclock', new Date(now)), corrected, false, store)).toBe('reclock')
    expect(store.skewMs).toBe(0)
  })

  test('where another request has mended the clock meanwhile is to try again', () => {
    const store = storeOf(5_000)
    expect(remedyFor(refusal('reclock'), result, false, store)).toBe('reclock')
    expect(store.skewMs).toBe(5_000)
  })

  test('of clock or credentials is tried once', () => {
    const store = storeOf()
    expect(remedyFor(refusal('reclock', new Date(now + 1e6)), result, true, store)).toBe('halt')
    expect(remedyFor(refusal('renew'), result, true, store)).toBe('halt')
    expect([store.skewMs, vi.mocked(store.credentials.renew).mock.calls]).toEqual([0, []])
  })

  test('is new credentials, where there are any', () => {
    const store = storeOf()
    expect(remedyFor(refusal('renew'), result, false, store)).toBe('renew')
    expect(vi.mocked(store.credentials.renew).mock.calls).toEqual([[credentials]])
    expect(remedyFor(refusal('renew'), result, false, storeOf(0, false))).toBe('halt')
    const { credentials: _, ...without } = result
    expect(remedyFor(refusal('renew'), without, false, storeOf())).toBe('halt')
  })

  test.each(['retry', 'slow', 'split', 'fewer-items', 'fewer-bytes', 'none', 'halt'] as const)(
    'that concerns neither stays as it is: %s',
    (remedy) => {
      for (const mended of [true, false]) expect(remedyFor(refusal(remedy), result, mended, storeOf())).toBe(remedy)
    },
  )
})

describe('an attempt, as it is told', () => {
  const redactor = new Redactor()
  redactor.learn({ accessKeyId: 'a', secretAccessKey: 'secret' })
  const result = (verdict: object, rest: object = {}) => ({ verdict, durationMs: 7, ...rest }) as AttemptResult<Detail>

  test('holds what is known of it, without secrets', () => {
    const refused = { kind: 'refusal', code: 'No secret', requestId: 'r secret' }
    const event = attemptEvent({ ...parcel('a', 'b'), attempts: 2 }, result(refused, { status: 503 }), 30, redactor)
    expect(event).toStrictEqual({
      ...{ operation: 'Test', items: 2, attempt: 3, durationMs: 7, status: 503 },
      ...{ requestId: 'r [redacted]', code: 'No [redacted]', retryDelayMs: 30 },
    })
  })

  test('holds nothing that is not known', () => {
    const told = { operation: 'Test', items: 1, attempt: 1, durationMs: 7 }
    for (const verdict of [{ kind: 'planned' }, { kind: 'outcomes' }])
      expect(attemptEvent(parcel('a'), result(verdict), undefined, redactor)).toStrictEqual(told)
  })

  test('reaches a callback, whatever that throws or rejects with', async () => {
    const caught: unknown[] = []
    const onThrow = (cause: unknown) => void caught.push(cause)
    callGuarded(() => 'fine', onThrow)
    callGuarded(async () => 'fine', onThrow)
    callGuarded(() => {
      throw 'thrown'
    }, onThrow)
    callGuarded(() => Promise.reject('rejected'), onThrow)
    await vi.waitFor(() => expect(caught).toEqual(['thrown', 'rejected']))
  })
})

const BAD = { code: 'Bad', message: 'bad', retryable: false }

describe('the search for one item at fault', () => {
  test('sends parts one by one after eight without a success', () => {
    const splitter = new Splitter()
    const family = { fruitless: 0, reason: BAD }
    for (let part = 0; part < 8; part++) {
      expect(splitter.isSearching).toBe(false)
      splitter.admits(family)
    }
    expect(splitter.isSearching).toBe(true)
    splitter.succeeded({ items: ['a'] })
    expect(splitter.isSearching).toBe(false)
  })

  test('ends for one family, while others may go on', () => {
    const splitter = new Splitter()
    const used = { fruitless: 64, reason: BAD }
    expect(splitter.admits(used)).toBe(false)
    expect(splitter.admits({ fruitless: 63, reason: BAD })).toBe(true)
    expect(used.fruitless).toBe(64)
  })

  test('forgets what was hopeless once the store accepts anything', () => {
    const splitter = new Splitter()
    const family = { fruitless: 3, reason: BAD }
    splitter.giveUp('Bad')
    expect([splitter.isHopeless('Bad'), splitter.admits(family)]).toEqual([true, false])
    splitter.succeeded({ items: ['a'], family })
    expect([splitter.isHopeless('Bad'), family.fruitless]).toEqual([false, 0])
  })
})
