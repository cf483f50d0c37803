import { describe, expect, test, vi } from 'vitest'
import { CredentialCache } from '../../src/credential-cache.js'
import type { SettledBatch } from '../../src/engine/ledger.js'
import { pullFrom } from '../../src/engine/source.js'
import type { AttemptEvent, Store } from '../../src/engine/store.js'
import { type Plan, Sweep } from '../../src/engine/sweep.js'
import type { HttpRequest } from '../../src/http.js'
import type { Source } from '../../src/items.js'
import {
  type ItemOutcome,
  type Operation,
  type Refusal,
  type Remedy,
  type Verdict,
  wholeStrings,
} from '../../src/operation.js'
import { Redactor } from '../../src/redact.js'
import type { Stop } from '../../src/stop.js'

type Answer = (items: readonly string[], index: number) => Verdict<object> | Promise<never>

const refusal = (remedy: Remedy, more: Partial<Refusal> = {}): Refusal => ({
  ...{ kind: 'refusal', code: 'Bad', message: 'bad', remedy, unsure: false },
  ...more,
})
const done = (): Verdict<object> => ({ kind: 'outcomes' })
const each =
  (outcomeOf: (item: string) => ItemOutcome<object>): Answer =>
  (items) => ({
    kind: 'outcomes',
    outcomes: items.map(outcomeOf),
  })
const failure = { code: 'Later', message: 'later', retryable: true, unsure: false }

/** A run against a store that takes three items a request and answers as told. */
function runOf(source: Source<string>, answerOf: Answer, { plan = {}, store = {}, operation = {} }: Parts = {}) {
  const sent: (readonly string[])[] = []
  const stops: Stop[] = []
  const many: Operation<string, object> = {
    ...{ name: 'Many', maxItems: 3, maxBytes: 1000, envelopeBytes: 0 },
    write: (item) => (item.startsWith('!') ? { code: 'InvalidKey', message: 'no key' } : item),
    measure: (text) => text.length,
    interchangeable: () => true,
    encode: (items) => ({
      ...{ method: 'POST', base: 'https://store.example', host: 'store.example', path: '/', query: '', headers: {} },
      body: new Uint8Array(10 * items.length),
    }),
    decode: (_, items) => {
      sent.push(items)
      return answerOf(items, sent.length - 1)
    },
    ...operation,
  }
  const whole: Store = {
    ...{ provider: 'test', concurrency: 1, timeoutMs: 5000, skewMs: 0, onAttempt: undefined, random: () => 0 },
    ...{ clock: () => new Date(0), redactor: new Redactor() },
    credentials: new CredentialCache({ accessKeyId: 'id', secretAccessKey: 'secret' }, () => {}),
    authorize: async (request: HttpRequest) => request,
    retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 1 },
    transport: async (_, stop) => {
      stops.push(stop)
      return { status: 200, header: () => undefined, body: new Uint8Array(7) }
    },
    ...store,
  }
  const sweep = new Sweep<string, object>(whole, many, pullFrom(source, 'keys'), {
    ...{ concurrency: 1, signal: undefined, onProgress: undefined, dryRun: false },
    ...{ maxRequests: Number.POSITIVE_INFINITY, mode: { quiet: false, bypassGovernance: false } },
    ...plan,
  })
  return { sweep, sent, stops }
}

interface Parts {
  readonly plan?: Partial<Plan>
  readonly store?: Partial<Store>
  readonly operation?: Partial<Operation<string, object>>
}

async function allOf({ sweep }: { sweep: Sweep<string, object> }): Promise<SettledBatch[]> {
  const batches: SettledBatch[] = []
  sweep.start()
  for (let batch = await sweep.next(); batch; batch = await sweep.next()) batches.push(batch)
  sweep.close()
  return batches
}
const failuresOf = (batches: readonly SettledBatch[]) =>
  batches.flatMap(({ failed }) => failed.map(({ key, code, outcome }) => `${key} ${code} ${outcome}`))
const doneIn = (batches: readonly SettledBatch[]) => batches.flatMap((batch) => batch.done.map(({ key }) => key))

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const throwing = function* (items: readonly string[], error: unknown) {
  yield* items
  throw error
}

describe('a run', () => {
  test('adds up its requests, retries and bytes, as a whole and batch by batch', async () => {
    const run = runOf(KEYS, (_, index) => (index === 1 ? refusal('retry') : done()))
    const batches = await allOf(run)
    expect([run.sweep.failure, run.sweep.resumeFrom, doneIn(batches).sort()]).toEqual([undefined, undefined, KEYS])
    const { durationMs, ...numbers } = run.sweep.tally
    expect(numbers).toEqual({
      ...{ items: 7, done: 7, failed: 0, requests: 4, retries: 1, throttled: 0 },
      ...{ bytesSent: 100, bytesReceived: 28 },
    })
    for (const name of ['items', 'done', 'requests', 'retries', 'bytesSent', 'bytesReceived'] as const)
      expect(batches.reduce((sum, { tally }) => sum + tally[name], 0)).toBe(numbers[name])
    expect(durationMs).toBeGreaterThanOrEqual(0)
    expect(durationMs).toBeLessThan(60_000)
  })

  test('that is only rehearsed counts what it would send, and tells no attempt', async () => {
    const events: AttemptEvent[] = []
    const told: number[] = []
    const run = runOf(KEYS, () => expect.fail('sent'), {
      plan: { dryRun: true, onProgress: ({ requests }) => told.push(requests) },
      store: { onAttempt: (event) => events.push(event) },
    })
    const batches = await allOf(run)
    expect([doneIn(batches), failuresOf(batches), events, told]).toEqual([[], [], [], [1, 2, 3]])
    expect(run.sweep.tally).toMatchObject({ items: 7, requests: 3, bytesSent: 70, bytesReceived: 0 })
  })

  test('tells its progress: what there is, what is under way, what may be', async () => {
    const told: unknown[] = []
    const onProgress: Plan['onProgress'] = ({ items, requests }, present) => told.push({ items, requests, ...present })
    await allOf(runOf(KEYS.slice(0, 3), done, { plan: { onProgress, concurrency: 4 } }))
    expect(told).toEqual([{ items: 3, requests: 1, total: 3, inFlight: 0, concurrency: 4 }])
  })

  test('of items that cannot be sent gives timers their turn', async () => {
    let isOver = false
    const endless = function* () {
      while (!isOver) yield '!'
    }
    setTimeout(() => {
      isOver = true
    })
    const { sweep } = runOf(endless(), () => expect.fail('sent'))
    sweep.start()
    while (await sweep.next());
    expect([isOver, sweep.failure]).toEqual([true, undefined])
  })

  test('without anything to do ends at once', async () => {
    const run = runOf([], () => expect.fail('sent'))
    expect([await allOf(run), run.sweep.failure, run.sweep.resumeFrom]).toEqual([[], undefined, undefined])
  })
})

describe('a run ends', () => {
  test.each([
    ['a generator', (error: Error) => throwing(KEYS.slice(0, 4), error)],
    [
      'an asynchronous one',
      async function* (error: Error) {
        yield* throwing(KEYS.slice(0, 4), error)
      },
    ],
  ])('where its input throws: %s', async (_, sourceOf) => {
    const cause = new Error('torn')
    const run = runOf(sourceOf(cause), done)
    const batches = await allOf(run)
    expect(run.sweep.failure).toEqual({ code: 'SourceFailed', message: 'The input could not be read', cause })
    expect(run.sweep.resumeFrom).toBe(4)
    expect(doneIn(batches)).toEqual(['a', 'b', 'c'])
    expect(failuresOf(batches)).toEqual(['d NotSent not-sent'])
    expect(batches.at(-1)).toMatchObject({ resumeFrom: 4, offset: 3, failed: [{ retryable: true }] })
    expect(batches.at(-1)?.failed[0]?.message).toBe('The run ended before this was sent')
  })

  test.each(['onAttempt', 'onProgress'] as const)('where %s throws', async (name) => {
    const cause = new Error('why')
    const callback = () => {
      throw cause
    }
    const parts = name === 'onAttempt' ? { store: { onAttempt: callback } } : { plan: { onProgress: callback } }
    const run = runOf(KEYS, done, parts)
    const batches = await allOf(run)
    expect(run.sweep.failure).toEqual({ code: 'CallbackFailed', message: `${name} threw`, cause })
    expect([doneIn(batches), run.sweep.resumeFrom]).toEqual([['a', 'b', 'c'], 3])
  })

  test('where something throws that nobody foresaw: what was under way is unknown', async () => {
    const cause = new Error('no time')
    const clock = () => {
      throw cause
    }
    const run = runOf(KEYS, done, { store: { clock } })
    const batches = await allOf(run)
    const message = 'A callback threw, or keysweep itself failed'
    expect(run.sweep.failure).toEqual({ code: 'Unexpected', message, cause })
    expect(failuresOf(batches)).toEqual(['a Aborted unknown', 'b Aborted unknown', 'c Aborted unknown'])
    const broken = 'The run broke off before this was settled'
    expect(batches[0]?.failed[0]).toMatchObject({ message: broken, retryable: true, attempts: 1 })
  })

  test('where it is aborted, before or while it runs', async () => {
    const before = runOf(KEYS, () => expect.fail('sent'), { plan: { signal: AbortSignal.abort('early') } })
    expect(await allOf(before)).toEqual([])
    expect(before.sweep.failure).toEqual({ code: 'Aborted', message: 'The run was aborted', cause: 'early' })
    expect(before.sweep.resumeFrom).toBe(0)

    const controller = new AbortController()
    const during = runOf(
      KEYS,
      (_, index) => {
        if (index === 0) return done()
        controller.abort('late')
        return new Promise<never>(() => {})
      },
      { plan: { signal: controller.signal } },
    )
    const batches = await allOf(during)
    expect(during.sweep.failure?.cause).toBe('late')
    expect(failuresOf(batches)).toEqual(['d Aborted unknown', 'e Aborted unknown', 'f Aborted unknown'])
    expect([doneIn(batches), during.sweep.resumeFrom]).toEqual([['a', 'b', 'c'], 6])
  })

  test('where its consumer leaves: what is in flight is stopped, and nobody listens any more', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const run = runOf(KEYS, (_, index) => (index === 0 ? done() : new Promise<never>(() => {})), { plan: { signal } })
    run.sweep.start()
    await run.sweep.next()
    await vi.waitFor(() => expect(run.stops).toHaveLength(2))
    run.sweep.close()
    expect([run.stops[1]?.reason !== undefined, removed.mock.calls.length]).toEqual([true, 1])
    expect(run.sweep.failure?.code).toBe('Aborted')
  })

  test('once its requests are spent: what waits keeps its reason', async () => {
    const run = runOf(KEYS, () => refusal('retry'), { plan: { maxRequests: 1 } })
    const batches = await allOf(run)
    expect(failuresOf(batches)).toEqual(['a Bad refused', 'b Bad refused', 'c Bad refused'])
    expect([run.sweep.failure, run.sweep.resumeFrom, run.sent.length]).toEqual([undefined, 3, 1])
    const items = runOf(
      KEYS,
      each(() => failure),
      { plan: { maxRequests: 1 } },
    )
    expect(failuresOf(await allOf(items))).toEqual(['a Later refused', 'b Later refused', 'c Later refused'])
    const exact = runOf(KEYS, done, { plan: { maxRequests: 3 } })
    expect([doneIn(await allOf(exact)), exact.sweep.resumeFrom]).toEqual([KEYS, undefined])
    const none = runOf(KEYS, done, { plan: { maxRequests: 0 } })
    expect([await allOf(none), none.sweep.resumeFrom, none.sent]).toEqual([[], 0, []])
  })
})

describe('items that fail one by one', () => {
  test('are sent again together, in as few requests as hold them', async () => {
    const seen = new Set<string>()
    const run = runOf(
      KEYS,
      each((item) => {
        const isFirst = !seen.has(item)
        seen.add(item)
        return isFirst && 'adg'.includes(item) ? failure : { done: undefined }
      }),
    )
    const batches = await allOf(run)
    expect(doneIn(batches).sort()).toEqual(KEYS)
    expect(run.sent.map((items) => items.join(''))).toEqual(['abc', 'def', 'g', 'adg'])
    expect(run.sweep.tally).toMatchObject({ requests: 4, retries: 1 })
  })

  test('do not wait for an input that makes all wait', async () => {
    vi.useFakeTimers()
    const slow = async function* () {
      yield* ['a', 'b', 'c']
      await new Promise((resolve) => setTimeout(resolve, 60_000))
      yield 'd'
    }
    const failed = new Set<string>()
    const run = runOf(
      slow(),
      each((item) => (item === 'a' && !failed.has('a') && failed.add('a') ? failure : { done: undefined })),
    )
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(1500)
    expect(run.sent.map((items) => items.join(''))).toEqual(['abc', 'a'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(doneIn(await all)).toEqual(['a', 'b', 'c', 'd'])
    vi.useRealTimers()
  })
})

describe('a store that takes less', () => {
  test('gets no more from then on, nor of what was cut before', async () => {
    const run = runOf(KEYS, (items) => (items.length > 2 ? refusal('fewer-items') : done()), {
      plan: { concurrency: 2 },
    })
    expect(doneIn(await allOf(run)).sort()).toEqual(KEYS)
    expect(run.sent.filter((items) => items.length > 2).length).toBeLessThanOrEqual(2)
  })
})

describe('bodies', () => {
  /** The memory that each request's body was written into. */
  async function memoryOf(answerOf: Answer): Promise<ArrayBufferLike[]> {
    const used: ArrayBufferLike[] = []
    const run = runOf(KEYS, answerOf, {
      operation: {
        whole: wholeStrings((keys, _mode, { lend }) => {
          const memory = lend(10)
          used.push(memory.buffer)
          return { body: memory.subarray(0, 5), count: keys.length }
        }),
      },
    })
    expect(doneIn(await allOf(run)).sort()).toEqual(KEYS)
    return used
  }

  test('are written into the same memory, one after the other', async () => {
    expect(new Set(await memoryOf(done)).size).toBe(1)
  })

  test('are not written over one that was refused: it may still be read', async () => {
    const used = await memoryOf((_, index) => (index === 0 ? refusal('retry') : done()))
    expect(used[1]).not.toBe(used[0])
    expect(used[2]).toBe(used[1])
  })
})
