import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { AttemptResult } from '../../src/engine/attempt.js'
import { Batch } from '../../src/engine/batch.js'
import type { Limits } from '../../src/engine/draft.js'
import { Ledger } from '../../src/engine/ledger.js'
import type { Answered, Pace } from '../../src/engine/pace.js'
import { type History, type Parcel, parcelOf } from '../../src/engine/parcel.js'
import { Pool } from '../../src/engine/pool.js'
import { Queue } from '../../src/engine/queue.js'
import type { Failure } from '../../src/engine/run.js'
import { settle } from '../../src/engine/settlement.js'
import { Splitter } from '../../src/engine/splitter.js'
import type { Store } from '../../src/engine/store.js'
import type { Call, ItemOutcome, Operation, Refusal, Remedy } from '../../src/operation.js'
import { Redactor } from '../../src/redact.js'

interface Detail {
  readonly versionId?: string
}

const call: Call<string, Detail> = {
  name: 'One',
  encode: () => expect.fail('not asked for'),
  decode: () => expect.fail('not asked for'),
}
const operation: Operation<string, Detail> = {
  ...call,
  ...{ name: 'Many', maxItems: 1000, maxBytes: 9000, envelopeBytes: 0, fallback: call },
  write: (item) => item,
  measure: (text) => text.length,
  interchangeable: () => true,
}
const credentials = { accessKeyId: 'id', secretAccessKey: 'a-secret-of-mine' }

/** A run of which only its parts are real, and what became of it. */
function runOf(maxAttempts = 3) {
  const redactor = new Redactor()
  redactor.learn(credentials)
  const store = {
    ...{ skewMs: 0, redactor, random: () => 0.5, clock: () => new Date(0), credentials: { renew: () => true } },
    retry: { maxAttempts, baseDelayMs: 100, maxDelayMs: 1000 },
  } as unknown as Store
  const told: Answered[] = []
  const late: number[] = []
  const ended: Failure[] = []
  const limits: Limits = { items: 800, bytes: 8000 }
  const queue = new Queue<string, Detail>(() => {})
  const run = {
    ...{ store, operation, limits, queue, ledger: new Ledger<string, Detail>(), splitter: new Splitter() },
    pool: new Pool(operation),
    pace: {
      answered: (answered: Answered) => void told.push(answered),
      late: (...times: readonly number[]) => void late.push(...times),
    } as unknown as Pace,
    isStopping: false,
    end: (failed?: Failure): void => {
      if (failed) ended.push(failed)
    },
  }
  return {
    ...run,
    tally: run.ledger.tally,
    run,
    told,
    late,
    ended,
    settlement: {
      settle: (parcel: Parcel<string, Detail>, result: AttemptResult<Detail>) => settle(run, parcel, result),
    },
  }
}

const KEYS = ['a', 'b', 'c', 'd', 'e']
const batchOf = (keys = KEYS) => new Batch<string, Detail>(0, [...keys])
const whole = (batch: Batch<string, Detail>): Parcel<string, Detail> =>
  ({ operation, items: batch.items, batch, attempts: 0 }) as Parcel<string, Detail>
const slotted = (batch: Batch<string, Detail>, history: Partial<History> = {}, by: Call<string, Detail> = operation) =>
  parcelOf(
    by,
    batch.items.map((_, index) => ({ batch, index })),
    { attempts: 0, ...history },
  )

const result = (verdict: AttemptResult<Detail>['verdict'], more: Partial<AttemptResult<Detail>> = {}) => ({
  ...{ verdict, startedAt: 5, durationMs: 1, bytesSent: 401, bytesReceived: 1, sent: true, skewMs: 0, credentials },
  ...more,
})
const answered = (outcomes?: readonly ItemOutcome<Detail>[]) =>
  result({ kind: 'outcomes', requestId: 'r-a-secret-of-mine', ...(outcomes && { outcomes }) }, { status: 200 })
const refused = (remedy: Remedy, more: Partial<Refusal> = {}, about: Partial<AttemptResult<Detail>> = {}) =>
  result({ kind: 'refusal', code: 'Bad', message: 'says a-secret-of-mine', remedy, unsure: false, ...more }, about)
const failure = (more: object = {}) => ({ code: 'Slow', message: 'm', retryable: true, unsure: false, ...more })
const done = { done: undefined }

const fates = (batch: Batch<string, Detail>) => {
  const { done, failed } = batch.report()
  return [done.length, ...failed.map(({ key, code, outcome, attempts }) => `${key} ${code} ${outcome} ${attempts}`)]
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 })
  return () => void vi.useRealTimers()
})

describe('an answer', () => {
  test('without a word of any item does them all, whether the batch is whole or not', () => {
    for (const parcelFor of [whole, slotted]) {
      const { settlement, told, tally } = runOf()
      const batch = batchOf()
      expect(settlement.settle(parcelFor(batch), answered())).toBeUndefined()
      expect([batch.isSettled, fates(batch)]).toEqual([true, [5]])
      expect([told, tally.throttled]).toEqual([[{ startedAt: 5, items: 5, refused: 0, askedMs: undefined }], 0])
    }
  })

  test('of a dry run plans them all', () => {
    const batch = batchOf()
    const { settlement, told } = runOf()
    expect(settlement.settle(whole(batch), result({ kind: 'planned' }))).toBeUndefined()
    expect([batch.isSettled, batch.report(), told]).toEqual([true, { done: [], failed: [] }, []])
  })

  test('is taken item by item: what may pass waits in the pool, and the longest wait is told', () => {
    let draws = 0
    const { settlement, pool, told, tally, run } = runOf()
    Object.assign(run.store, { random: () => [0.9, 0.1][draws++] })
    const batch = batchOf()
    const outcomes = [
      { done: { versionId: '1' } },
      failure({ throttled: true }),
      failure({ retryable: false, code: 'Denied' }),
      failure({ unsure: true, retryable: false, code: 'Broken' }),
      failure(),
    ]
    expect(settlement.settle(whole(batch), answered(outcomes))).toBe(90)
    expect([pool.size, pool.wait(performance.now())]).toEqual([2, 90])
    expect(told).toMatchObject([{ items: 5, refused: 1 }])
    expect(tally.throttled).toBe(1)
    for (const { index } of pool.drain()) batch.fail(index, { code: 'Later', message: '', retryable: true })
    expect(fates(batch)).toEqual([
      1,
      'b Later refused 1',
      'c Denied refused 1',
      'd Broken unknown 1',
      'e Later refused 1',
    ])
    expect(batch.report().done).toEqual([{ key: 'a', versionId: '1' }])
    expect(batch.report().failed[1]).toMatchObject({ status: 200, requestId: 'r-[redacted]' })
  })

  test('keeps an item no longer than its attempts last, nor once the run is stopping', () => {
    const { settlement, pool, run } = runOf(2)
    const batch = batchOf(['a'])
    settlement.settle(whole(batch), answered([failure()]))
    expect(pool.drain()).toHaveLength(1)
    expect(settlement.settle(slotted(batch), answered([failure()]))).toBeUndefined()
    expect(fates(batch)).toEqual([0, 'a Slow refused 2'])
    run.isStopping = true
    const other = batchOf(['a'])
    expect(settlement.settle(whole(other), answered([failure()]))).toBeUndefined()
    expect([pool.size, fates(other)]).toEqual([0, [0, 'a Slow refused 1']])
  })

  test('to an item that went alone has it go alone again, later', () => {
    const { settlement, pool, queue } = runOf()
    const batch = batchOf(['a'])
    expect(settlement.settle(slotted(batch, { attempts: 1 }, call), answered([failure()]))).toBe(50)
    expect([pool.size, queue.delayed]).toEqual([0, 1])
    vi.advanceTimersByTime(49)
    expect(queue.next()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(queue.next()).toMatchObject({ operation: { name: 'One' }, items: ['a'], attempts: 2, slots: [{ index: 0 }] })
  })

  test('to both halves of a refused request shows how many items the store takes', () => {
    const { settlement, limits } = runOf()
    const siblings = { size: 5, succeeded: 0 }
    settlement.settle(slotted(batchOf(), { siblings }), answered())
    expect(limits).toEqual({ items: 800, bytes: 8000 })
    settlement.settle(slotted(batchOf(), { siblings }), answered())
    expect(limits).toEqual({ items: 5, bytes: 8000 })
  })
})

test('an answer to a single call says nothing of what can go together', () => {
  const { settlement, splitter } = runOf()
  const succeeded = vi.spyOn(splitter, 'succeeded')
  settlement.settle(slotted(batchOf(['a']), {}, call), answered())
  settlement.settle(slotted(batchOf(['a']), {}, call), answered([failure({ retryable: false })]))
  expect(succeeded).not.toHaveBeenCalled()
  settlement.settle(slotted(batchOf(['a'])), answered())
  expect(succeeded).toHaveBeenCalledTimes(1)
})

describe('a refusal', () => {
  test('that may pass has the request sent again after one wait for all, in its family', () => {
    for (const [remedy, paced] of [
      ['retry', []],
      ['slow', [{ startedAt: 5, items: 5, refused: 5, askedMs: 7 }]],
    ] as const) {
      const { settlement, queue, told, tally, splitter } = runOf()
      const family = { size: 9, allowed: 4, reason: { code: 'First', message: '', retryable: false } }
      const unanswered = vi.spyOn(splitter, 'unanswered')
      const parcel = slotted(batchOf(), { attempts: 2, family })
      expect(settlement.settle(parcel, refused(remedy, { retryAfterMs: 7 }))).toBe(50)
      expect([told, tally.throttled]).toEqual([paced, paced.length])
      expect(unanswered.mock.calls).toEqual([[family]])
      vi.advanceTimersByTime(50)
      expect(queue.next()).toMatchObject({
        items: KEYS,
        attempts: 3,
        family,
        mended: [],
        reason: { retryable: true },
      })
    }
  })

  test('for want of an answer slows the run down, if the request was sent', () => {
    for (const [code, sent, times] of [
      ['Timeout', true, [5, performance.now()]],
      ['Timeout', false, []],
      ['NetworkError', true, []],
    ] as const) {
      const { settlement, told, late } = runOf()
      settlement.settle(whole(batchOf()), refused('retry', { code }, { sent }))
      expect([late, told]).toEqual([times, []])
    }
  })

  test('that may pass does not let the clock be mended again, but credentials may expire again', () => {
    const { settlement, queue } = runOf()
    settlement.settle(slotted(batchOf(), { mended: ['renew', 'reclock'] }), refused('retry'))
    vi.advanceTimersByTime(50)
    expect(queue.next()).toMatchObject({ mended: ['reclock'] })
  })

  test('that asks for longer than allowed, or comes too often, fails the items', () => {
    const { settlement, queue, ended } = runOf(1)
    const batch = batchOf(['a', 'b'])
    expect(settlement.settle(whole(batch), refused('retry', { unsure: true }))).toBeUndefined()
    expect([queue.size, fates(batch)]).toEqual([0, [0, 'a Bad unknown 1', 'b Bad unknown 1']])
    expect(batch.report().failed[0]).toMatchObject({ message: 'says [redacted]', retryable: true })
    expect(ended).toEqual([])
    const other = runOf(5)
    const long = batchOf(['a'])
    expect(other.settlement.settle(whole(long), refused('retry', { retryAfterMs: 1001 }))).toBeUndefined()
    expect([other.queue.size, long.isSettled]).toEqual([0, true])
  })

  test('ends the run where its retries are used up, and only then, where it says so', () => {
    const { settlement, ended } = runOf(2)
    const cause = new Error('why')
    const verdict = refused('retry', { endsRunAs: 'CredentialsFailed' }, { cause, sent: false })
    const batch = batchOf(['a'])
    settlement.settle(whole(batch), verdict)
    expect(ended).toEqual([])
    settlement.settle(slotted(batch), verdict)
    expect(ended).toEqual([{ code: 'CredentialsFailed', message: 'says [redacted]', cause }])
    expect(fates(batch)).toEqual([0, 'a Bad refused 0'])
  })

  test('of a request that was not sent leaves its items the reasons that they had one by one', () => {
    const { settlement, queue } = runOf(2)
    const batch = batchOf(['a', 'b'])
    const slots = ['A', 'B'].map((code, index) => ({ batch, index, reason: { code, message: '', retryable: true } }))
    const pooled = parcelOf(operation, slots, { attempts: 1, pooled: true })
    const unsent = refused('retry', {}, { sent: false })
    settlement.settle(pooled, unsent)
    vi.advanceTimersByTime(50)
    settlement.settle(queue.next() as Parcel<string, Detail>, unsent)
    expect(batch.report().failed.map(({ code }) => code)).toEqual(['A', 'B'])
  })

  test('of a request that was sent is the last that is known of its items', () => {
    for (const remedy of ['retry', 'split'] as const) {
      const { settlement, queue } = runOf(1)
      const batch = batchOf(['a', 'b'])
      const slots = ['A', 'B'].map((code, index) => ({ batch, index, reason: { code, message: '', retryable: true } }))
      settlement.settle(parcelOf(operation, slots, { attempts: 1, pooled: true }), refused(remedy))
      for (const { slots = [] } of queue.drain()) expect(slots[0]?.reason).toBeUndefined()
      for (const { code } of batch.report().failed) expect([remedy, code]).toEqual(['retry', 'Bad'])
    }
  })

  test('sends again without the items whose attempts are used up', () => {
    const { settlement, queue } = runOf(2)
    const batch = batchOf(['a', 'b'])
    batch.attempted(0, { transient: true, arrived: true, unsure: false })
    expect(settlement.settle(whole(batch), refused('retry'))).toBe(50)
    vi.advanceTimersByTime(50)
    expect(queue.next()).toMatchObject({ items: ['b'], slots: [{ index: 1 }] })
    expect(batch.isOpen(0)).toBe(false)
  })

  test('that every request would meet ends the run and fails the items', () => {
    const { settlement, ended, run } = runOf()
    run.end = (failed) => {
      if (failed) ended.push(failed)
      run.isStopping = true
    }
    const batch = batchOf(['a'])
    settlement.settle(whole(batch), refused('halt', { status: 403, requestId: 'r1' }))
    expect(ended).toMatchObject([{ code: 'Bad', message: 'says [redacted]', status: 403, requestId: 'r1' }])
    expect(fates(batch)).toEqual([0, 'a Bad refused 1'])
    expect(batch.report().failed[0]?.retryable).toBe(false)
  })

  test('with no remedy fails the items and leaves the run alone; what was aborted may be tried again', () => {
    for (const [code, retryable] of [
      ['Bad', false],
      ['Aborted', true],
    ] as const) {
      const { settlement, ended, queue } = runOf()
      const batch = batchOf(['a', 'b'])
      settlement.settle(whole(batch), refused('none', { code, arrived: false }, { sent: false }))
      expect([ended, queue.size, fates(batch)]).toEqual([
        ...[[], 0],
        [0, `a ${code} not-sent 0`, `b ${code} not-sent 0`],
      ])
      expect(batch.report().failed[0]?.retryable).toBe(retryable)
    }
  })

  test('that can be mended has the request sent again at once, before all others, once', () => {
    for (const remedy of ['renew', 'reclock'] as const) {
      const { settlement, queue, ended } = runOf()
      queue.push(slotted(batchOf(['other'])))
      const parcel = slotted(batchOf(['a']))
      const verdict = refused(remedy, { serverTime: new Date(Date.UTC(2026, 0, 1)) })
      expect(settlement.settle(parcel, verdict)).toBeUndefined()
      const again = queue.next() as Parcel<string, Detail>
      expect(again).toMatchObject({ items: ['a'], attempts: 1, mended: [remedy] })
      expect(ended).toEqual([])
      settlement.settle(again, refused(remedy))
      expect(ended).toHaveLength(1)
    }
  })

  test.each([
    ['split', { items: 800, bytes: 8000 }],
    ['fewer-items', { items: 3, bytes: 8000 }],
    ['fewer-bytes', { items: 800, bytes: 201 }],
  ] as const)('that calls for %s cuts the request in two, before all others', (remedy, expected) => {
    const { settlement, queue, limits, told } = runOf()
    queue.push(slotted(batchOf(['other'])))
    settlement.settle(whole(batchOf()), refused(remedy))
    const [first, second] = [queue.next(), queue.next()] as Parcel<string, Detail>[]
    expect([first?.items, second?.items]).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ])
    expect(first).toMatchObject({ attempts: 1, siblings: { size: 3, succeeded: 0 } })
    expect(first?.siblings).toBe(second?.siblings)
    expect(first?.family).toBe(second?.family)
    expect(first?.family?.reason).toMatchObject({ code: 'Bad', retryable: false })
    expect([limits, told]).toEqual([expected, []])
  })

  test('that calls for a cut shows that the credentials were good: they may be renewed again', () => {
    const { settlement, queue } = runOf()
    settlement.settle(slotted(batchOf(), { mended: ['renew', 'reclock'] }), refused('split'))
    expect([queue.next()?.mended, queue.next()?.mended]).toEqual([['reclock'], ['reclock']])
  })

  test('of a part keeps it in its family, for the latest reason', () => {
    const { settlement, queue, splitter } = runOf()
    const unanswered = vi.spyOn(splitter, 'unanswered')
    const family = { size: 9, allowed: 4, reason: { code: 'First', message: '', retryable: false } }
    settlement.settle(slotted(batchOf(['a', 'b']), { family }), refused('split'))
    expect(queue.next()?.family).toBe(family)
    expect([family.reason.code, unanswered.mock.calls]).toEqual(['Bad', []])
  })

  test('never raises a limit', () => {
    const { settlement, limits } = runOf()
    Object.assign(limits, { items: 2, bytes: 100 })
    settlement.settle(whole(batchOf()), refused('fewer-items'))
    settlement.settle(whole(batchOf()), refused('fewer-bytes'))
    expect(limits).toEqual({ items: 2, bytes: 100 })
  })

  test('of one item alone fails it; of its size, shows that the limits found were none', () => {
    for (const [remedy, expected] of [
      ['split', { items: 800, bytes: 8000 }],
      ['fewer-items', { items: 1000, bytes: 9000 }],
      ['fewer-bytes', { items: 1000, bytes: 9000 }],
    ] as const) {
      const { settlement, queue, limits, splitter } = runOf()
      const batch = batchOf(['a'])
      settlement.settle(whole(batch), refused(remedy))
      expect([queue.size, limits, fates(batch)]).toEqual([0, expected, [0, 'a Bad refused 1']])
      expect(splitter.isSearching).toBe(false)
    }
  })

  test('fails all where to look any further is hopeless', () => {
    const { settlement, queue, splitter } = runOf()
    for (let part = 0; part < 64; part++)
      splitter.admits({ size: 9, allowed: 1, reason: { code: '', message: '', retryable: false } })
    const batch = batchOf(['a', 'b'])
    settlement.settle(whole(batch), refused('split'))
    expect([queue.size, fates(batch)]).toEqual([0, [0, 'a Bad refused 1', 'b Bad refused 1']])
  })

  test('that would not have been the last word, but for the end of the run, may be tried again', () => {
    for (const [remedy, keys, expected] of [
      ['renew', KEYS, true],
      ['reclock', KEYS, true],
      ['split', KEYS, true],
      ['fewer-items', KEYS, true],
      ['split', ['a'], false],
      ['none', KEYS, false],
      ['halt', KEYS, false],
    ] as const) {
      const { settlement, queue, run } = runOf()
      run.isStopping = true
      const batch = batchOf([...keys])
      settlement.settle(whole(batch), refused(remedy, { serverTime: new Date(Date.UTC(2026, 0, 1)) }))
      expect([queue.size, batch.isSettled]).toEqual([0, true])
      expect([remedy, batch.report().failed[0]?.retryable]).toEqual([remedy, expected])
    }
  })

  test('is settled without another request once the run is stopping', () => {
    for (const remedy of ['retry', 'slow', 'split', 'renew', 'reclock'] as const) {
      const { settlement, queue, pool, run } = runOf()
      run.isStopping = true
      const batch = batchOf(['a', 'b'])
      expect(settlement.settle(whole(batch), refused(remedy))).toBeUndefined()
      expect([queue.size, pool.size, batch.isSettled]).toEqual([0, 0, true])
    }
  })
})

test('all of a slotted batch is done where nothing is said of any item', () => {
  const batch = batchOf()
  batch.fail(1, { code: 'Before', message: '', retryable: false })
  const { settlement } = runOf()
  const slots = [0, 2, 3].map((index) => ({ batch, index }))
  settlement.settle(parcelOf(operation, slots, { attempts: 0 }), answered())
  expect([batch.isSettled, batch.isOpen(4)]).toEqual([false, true])
  settlement.settle(parcelOf(operation, [{ batch, index: 4 }], { attempts: 0 }), answered([done]))
  expect(fates(batch)).toEqual([4, 'b Before not-sent 0'])
})
