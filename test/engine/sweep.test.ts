import { beforeEach, describe, expect, test, vi } from 'vitest'
import { CredentialCache } from '../../src/credential-cache.js'
import type { SettledBatch } from '../../src/engine/ledger.js'
import { DEFAULT_RETRY } from '../../src/engine/retry.js'
import type { Plan } from '../../src/engine/run.js'
import { pullFrom } from '../../src/engine/source.js'
import type { AttemptEvent, Store } from '../../src/engine/store.js'
import { Sweep } from '../../src/engine/sweep.js'
import { type HttpRequest, TransportError } from '../../src/http.js'
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

type Answer = (items: readonly string[], index: number) => Verdict<object> | Promise<Verdict<object>>

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
const countsOf = ({ sent }: { sent: readonly (readonly string[])[] }) => sent.map(({ length }) => length)
const textsOf = ({ sent }: { sent: readonly (readonly string[])[] }) => sent.map((items) => items.join(''))
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

  test('gets through to a store that is too slow for all requests at once, and works on those that were given up', async () => {
    vi.useFakeTimers()
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    let turn = Promise.resolve<unknown>(undefined)
    const answer = { status: 200, header: () => undefined, body: new Uint8Array(7) }
    const run = runOf(new Array<string>(600).fill('a'), done, {
      plan: { concurrency: 8 },
      store: {
        retry: DEFAULT_RETRY,
        random: () => 0.5,
        timeoutMs: 500,
        transport: () => {
          turn = turn.then(() => wait(100))
          return turn.then(() => answer)
        },
      },
    })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([doneIn(await all).length, run.sweep.tally.failed]).toEqual([600, 0])
    expect(run.sweep.tally.requests).toBeLessThan(1.5 * 200)
    vi.useRealTimers()
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

  test('gives them one every fifty milliseconds, and not more often', async () => {
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const slow = function* () {
      for (let item = 0; item < 8; item++) {
        now += 25
        yield '!'
      }
    }
    const batches = await allOf(runOf(slow(), () => expect.fail('sent'), { operation: { maxItems: 1 } }))
    expect([batches.length, timers.mock.calls.length]).toEqual([8, 4])
    clock.mockRestore()
    timers.mockRestore()
  })

  test('to which nothing happens sets no timers but those of its attempts', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await allOf(runOf(KEYS, done, { plan: { concurrency: 2 } }))
    expect(timers.mock.calls.map(([, delay]) => delay)).toEqual([5000, 5000, 5000])
    timers.mockRestore()
  })

  test('writes items for the time as it was corrected', async () => {
    const times: number[] = []
    const write = (item: string, now: () => number) => {
      times.push(now())
      return item
    }
    await allOf(runOf(['a'], done, { operation: { write }, store: { clock: () => new Date(5_000), skewMs: 70 } }))
    expect(times).toEqual([5_070])
  })

  test('writes items for the time of the machine where the clock throws', async () => {
    const times: number[] = []
    const write = (item: string, now: () => number) => {
      times.push(now())
      return item
    }
    const clock = () => {
      throw new Error('no clock')
    }
    await allOf(runOf(['a'], done, { operation: { write }, store: { clock } }))
    expect(times.length).toBe(1)
    expect(times[0]).toBeGreaterThan(Date.UTC(2026, 0))
  })

  test('asks an input that makes it wait for one item at a time', async () => {
    const most = { asked: 0, now: 0 }
    const letters = KEYS.values()
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          most.asked = Math.max(most.asked, ++most.now)
          await new Promise((resolve) => setTimeout(resolve, 1))
          most.now--
          return letters.next() as IteratorResult<string>
        },
      }),
    }
    expect(doneIn(await allOf(runOf(source, done, { plan: { concurrency: 4 } })))).toEqual(KEYS)
    expect(most.asked).toBe(1)
  })

  test('takes no more from its input than requests hold, until its batches are taken', () => {
    let taken = 0
    const endless = function* () {
      for (;;) {
        taken++
        yield '!'
      }
    }
    const { sweep } = runOf(endless(), () => expect.fail('sent'), { plan: { concurrency: 2 } })
    sweep.start()
    expect(taken).toBe(2 * 3)
    sweep.close()
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

  test('only by what happens before its end', async () => {
    let reject = (_: Error) => {}
    const onProgress = () => new Promise<void>((_, no) => (reject = no))
    const run = runOf(['a'], done, { plan: { onProgress } })
    await allOf(run)
    reject(new Error('late'))
    await new Promise((resolve) => setTimeout(resolve))
    expect([run.sweep.failure, run.sweep.resumeFrom]).toEqual([undefined, undefined])
  })

  test('and sends nothing of what waits its turn', async () => {
    const onAttempt = () => {
      throw new Error('why')
    }
    const run = runOf(KEYS, (items) => (items.length > 1 ? refusal('split') : done()), { store: { onAttempt } })
    expect(failuresOf(await allOf(run))).toEqual(['a Bad refused', 'b Bad refused', 'c Bad refused'])
    expect([run.sent.length, run.sweep.resumeFrom]).toEqual([1, 3])
  })

  test('and leaves no timer, though it ends while the wait of a request is drawn', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    const controller = new AbortController()
    const random = () => {
      controller.abort()
      return 0.5
    }
    const retry = { maxAttempts: 3, baseDelayMs: 40, maxDelayMs: 40 }
    const parts = { plan: { signal: controller.signal }, store: { random, retry } }
    expect(failuresOf(await allOf(runOf(['a'], () => refusal('retry'), parts)))).toEqual(['a Bad refused'])
    const cleared = new Set(clear.mock.calls.map(([timer]) => timer))
    expect(set.mock.results.filter(({ value }) => !cleared.has(value))).toEqual([])
    vi.restoreAllMocks()
  })

  test('and tries nothing again that was under way then, and leaves no timer', async () => {
    vi.useFakeTimers()
    const waits: unknown[] = []
    const onAttempt: Store['onAttempt'] = ({ retryDelayMs }) => {
      waits.push(retryDelayMs)
      throw new Error('why')
    }
    let answer = (_: Verdict<object>) => {}
    const second = new Promise<Verdict<object>>((resolve) => {
      answer = resolve
    })
    const run = runOf(KEYS, (_, index) => (index === 0 ? done() : second), {
      plan: { concurrency: 2 },
      store: { onAttempt },
    })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(1)
    expect(waits).toHaveLength(1)
    answer(refusal('retry'))
    expect(failuresOf(await all)).toEqual(['d Bad refused', 'e Bad refused', 'f Bad refused'])
    expect([waits, vi.getTimerCount()]).toEqual([[undefined, undefined], 0])
    vi.useRealTimers()
  })

  test('only once its input has given what it was asked for, where that ends it itself', async () => {
    const controller = new AbortController()
    const source = function* () {
      yield* ['a', 'b']
      controller.abort()
      yield* ['c', 'd']
    }
    const run = runOf(source(), () => expect.fail('sent'), { plan: { signal: controller.signal } })
    expect(failuresOf(await allOf(run))).toEqual(['a', 'b', 'c'].map((key) => `${key} NotSent not-sent`))
    expect(run.sweep.resumeFrom).toBe(3)
  })

  test('where something throws that nobody foresaw: what was not sent is not unknown', async () => {
    const cause = new Error('no time')
    const clock = () => {
      throw cause
    }
    const run = runOf(KEYS, done, { store: { clock } })
    const batches = await allOf(run)
    const message = 'A callback threw, or keysweep itself failed'
    expect(run.sweep.failure).toEqual({ code: 'Unexpected', message, cause })
    expect(failuresOf(batches)).toEqual(['a Aborted not-sent', 'b Aborted not-sent', 'c Aborted not-sent'])
    const broken = 'The run broke off before this was settled'
    expect(batches[0]?.failed[0]).toMatchObject({ message: broken, retryable: true, attempts: 0 })
  })

  test('where something throws that nobody foresaw: only what was sent is unknown', async () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    // It is to say how long a date is from now.
    let times = 0
    const clock = () => (times++ === 0 ? new Date(0) : broken())
    const header = (name: string) => (name === 'retry-after' ? 'Thu, 01 Jan 1970 00:00:09 GMT' : undefined)
    const transport = async () => ({ status: 503, header, body: new Uint8Array(7) })
    const sent = await allOf(runOf(['a'], done, { store: { clock, transport } }))
    expect(failuresOf(sent)).toEqual(['a Aborted unknown'])
    expect(sent[0]?.tally.requests).toBe(1)
    const credentials = new CredentialCache(broken, () => {})
    const unsent = await allOf(runOf(['a'], done, { store: { credentials, random: broken } }))
    expect(failuresOf(unsent)).toEqual(['a Aborted not-sent'])
  })

  test('where something throws that nobody foresaw: what was done by then is done', async () => {
    const random = () => {
      throw new Error('no dice')
    }
    const answer = each((item) => (item === 'a' ? { done: undefined } : failure))
    const batches = await allOf(runOf(KEYS, answer, { store: { random } }))
    expect([doneIn(batches), failuresOf(batches)]).toEqual([['a'], ['b Aborted unknown', 'c Aborted unknown']])
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
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const run = runOf(KEYS, (_, index) => (index === 0 ? done() : new Promise<never>(() => {})), { plan: { signal } })
    run.sweep.start()
    await run.sweep.next()
    await vi.waitFor(() => expect(run.stops).toHaveLength(2))
    run.sweep.close()
    expect(run.stops[1]?.reason).toBeDefined()
    expect(removed.mock.calls).toEqual(added.mock.calls.map(([type, listener]) => [type, listener]))
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

describe('a budget of requests', () => {
  test('is kept for what waits to be tried again, before anything new is taken', async () => {
    vi.useFakeTimers()
    const again: Answer[] = [
      (_, index) => (index === 0 ? refusal('retry') : done()),
      (items, index) => ({
        kind: 'outcomes',
        outcomes: items.map((item) => (index === 0 && item === 'a' ? failure : { done: undefined })),
      }),
    ]
    for (const [place, answer] of again.entries()) {
      const run = runOf(KEYS, answer, { plan: { maxRequests: 2 } })
      const all = allOf(run)
      await vi.advanceTimersByTimeAsync(1_000)
      expect(doneIn(await all)).toEqual(['a', 'b', 'c'])
      expect([textsOf(run), run.sweep.resumeFrom]).toEqual([['abc', ['abc', 'a'][place]], 3])
    }
    vi.useRealTimers()
  })

  test('takes nothing more once the last request is under way, but what was asked for before', async () => {
    const gates = [0, 1].map(() => {
      let open = () => {}
      return { passed: new Promise<void>((resolve) => (open = resolve)), open: () => open() }
    })
    const source = async function* () {
      yield* ['a', 'b', 'c']
      await gates[0]?.passed
      yield* ['d', 'e', 'f', 'g']
    }
    const answer: Answer = async (_, index) => {
      if (index === 0) return refusal('slow')
      gates[0]?.open()
      await gates[1]?.passed
      return done()
    }
    const run = runOf(source(), answer, { plan: { concurrency: 2, maxRequests: 2 } })
    const all = allOf(run)
    await vi.waitFor(() => expect(run.sent).toHaveLength(2), { interval: 1 })
    gates[1]?.open()
    const batches = await all
    expect([doneIn(batches), failuresOf(batches)]).toEqual([['a', 'b', 'c'], ['d NotSent not-sent']])
    expect(run.sweep.resumeFrom).toBe(4)
  })

  test('stops cleanly though the input, let go of, breaks off what it was asked for', async () => {
    let breakOff = (_: Error) => {}
    const items = ['a', 'b', 'c']
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const value = items.shift()
          if (value !== undefined) return { done: false, value }
          return new Promise<never>((_, reject) => (breakOff = reject))
        },
        async return() {
          breakOff(new Error('closed'))
          return { done: true, value: undefined }
        },
      }),
    }
    const answer: Answer = (_, index) => (index === 0 ? refusal('retry') : done())
    const run = runOf(source, answer, { plan: { maxRequests: 2, concurrency: 2 } })
    expect(doneIn(await allOf(run))).toEqual(['a', 'b', 'c'])
    expect([run.sweep.failure, run.sweep.resumeFrom]).toEqual([undefined, 3])
  })

  test('that is left over, as its last request was never sent, ends the run all the same', async () => {
    const transport: Store['transport'] = async () => {
      throw new TransportError('unsendable', 'no', false)
    }
    const run = runOf(KEYS, done, { plan: { maxRequests: 1 }, store: { transport } })
    expect(failuresOf(await allOf(run))).toEqual(['a', 'b', 'c'].map((key) => `${key} InvalidKey not-sent`))
    expect(run.sweep.resumeFrom).toBe(3)
  })

  test('lets where to resume stand in the last batch alone', async () => {
    const { sweep, sent } = runOf(KEYS, done, { plan: { concurrency: 2, maxRequests: 2 } })
    sweep.start()
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect([sent.length, sweep.resumeFrom]).toEqual([2, 6])
    expect([(await sweep.next())?.resumeFrom, (await sweep.next())?.resumeFrom]).toEqual([undefined, 6])
    expect(await sweep.next()).toBeUndefined()
  })

  test('says where to resume in the last batch, at whatever moment that is taken', async () => {
    for (let moment = 0; moment < 20; moment++) {
      const gate = new Promise<void>((resolve) => setTimeout(resolve))
      const answer: Answer = async (_, index) => {
        await gate
        // One after the other, but in one turn.
        for (let step = 0; step < index * moment; step++) await undefined
        return done()
      }
      const { sweep } = runOf(KEYS, answer, { plan: { concurrency: 2, maxRequests: 2 } })
      sweep.start()
      expect([(await sweep.next())?.resumeFrom, (await sweep.next())?.resumeFrom]).toEqual([undefined, 6])
    }
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
    expect(textsOf(run)).toEqual(['abc', 'def', 'g', 'adg'])
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
    expect(textsOf(run)).toEqual(['abc', 'a'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(doneIn(await all)).toEqual(['a', 'b', 'c', 'd'])
    vi.useRealTimers()
  })
})

describe('items that wait to be sent again', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    return () => void vi.useRealTimers()
  })
  /** Gives some, and then nothing for long. */
  const slow = async function* (...items: readonly string[]) {
    yield* items
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  }
  /** Refuses these items once. */
  const once = (items: string): Answer => {
    const left = new Set(items)
    return each((item) => (left.delete(item) ? failure : { done: undefined }))
  }

  test('wait for no others once they fill a request', async () => {
    const run = runOf(slow('a', 'b', 'c', 'd', 'e', 'f'), once('abc'))
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(10)
    expect(textsOf(run)).toEqual(['abc', 'abc', 'def'])
    await vi.advanceTimersByTimeAsync(60_000)
    await all
  })

  test('wait for those that are under way, however long these take', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    let answer = (_: Verdict<object>) => {}
    const second = new Promise<Verdict<object>>((resolve) => {
      answer = resolve
    })
    const outcomesOf = once('ad')
    const run = runOf(KEYS.slice(0, 6), (items, index) => (index === 1 ? second : outcomesOf(items, index)), {
      plan: { concurrency: 2 },
    })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(textsOf(run)).toEqual(['abc', 'def'])
    answer(await outcomesOf(['d', 'e', 'f'], 1))
    await vi.advanceTimersByTimeAsync(10)
    expect(doneIn(await all).sort()).toEqual(KEYS.slice(0, 6))
    expect(textsOf(run)).toEqual(['abc', 'def', 'ad'])
    expect(timers.mock.calls.map(([, delay]) => delay)).not.toContain(Number.POSITIVE_INFINITY)
    timers.mockRestore()
  })

  /** A long input of which the first item of each batch fails once, where many fit into a request. */
  function crowd(maxItems: number, concurrency: number, count: number, delayOf = (_: number) => 0) {
    const keys = Array.from({ length: count }, (_, index) => `${1_000_000 + index}`)
    const fine = { done: undefined }
    const failed = new Set<string>()
    const answer: Answer = async ([first = '', ...others], index) => {
      await new Promise((resolve) => setTimeout(resolve, delayOf(index)))
      if (failed.has(first)) return done()
      failed.add(first)
      return { kind: 'outcomes', outcomes: [failure, ...others.map(() => fine)] }
    }
    const whole = wholeStrings((written) => ({ body: new Uint8Array(1), count: written.length }))
    return runOf(keys, answer, { plan: { concurrency }, operation: { maxItems, whole } })
  }

  test('do not wait where too many others wait for them, nor do they the second time', async () => {
    const batch = 32_768
    const run = crowd(batch, 1, 4 * batch + 1)
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(10)
    expect(countsOf(run)).toEqual([batch, batch, 2, batch, batch, 2, 1, 1])
    expect((await all).length).toBe(5)
  })

  test('wait while others like them are under way', async () => {
    const run = crowd(16_384, 2, 4 * 16_384, (index) => (index === 3 ? 10 : index === 4 ? 20 : 0))
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(15)
    expect(countsOf(run).slice(4)).toEqual([3])
    await vi.advanceTimersByTimeAsync(100)
    expect(countsOf(run).slice(4)).toEqual([3, 1])
    expect((await all).length).toBe(4)
  })

  test('do not wait for long either where more requests fit into memory', async () => {
    const batch = 22_000
    const run = crowd(batch, 2, 4 * batch + 1)
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(10)
    expect(countsOf(run).slice(0, 5)).toEqual([batch, batch, batch, batch, 3])
    expect((await all).length).toBe(5)
  })
})

describe('a store that refuses', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    return () => void vi.useRealTimers()
  })
  const letters = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`)
  /** Counts the requests under way as each begins. */
  function busy(takes = 5) {
    const underWay: number[] = []
    let now = 0
    const transport: Store['transport'] = async () => {
      underWay.push(++now)
      await new Promise((resolve) => setTimeout(resolve, takes))
      now--
      return { status: 200, header: () => undefined, body: new Uint8Array(7) }
    }
    return { underWay, transport }
  }
  const slow: Answer = (items) => ({
    kind: 'outcomes',
    outcomes: items.map(() => ({ ...failure, retryable: false, throttled: true })),
  })
  const patient = { maxAttempts: 1, baseDelayMs: 1, maxDelayMs: 1_000 }

  test('is asked by fewer at once', async () => {
    const { underWay, transport } = busy()
    const answer: Answer = (items, index) => (index < 4 ? slow(items, index) : done())
    const all = allOf(runOf(letters(36), answer, { plan: { concurrency: 4 }, store: { transport } }))
    await vi.advanceTimersByTimeAsync(100)
    await all
    expect(underWay.slice(0, 8)).toEqual([1, 2, 3, 4, 2, 2, 2, 2])
  })

  test('most is left alone for a while, and then asked again', async () => {
    const answer: Answer = (_, index) => (index < 12 ? refusal('slow', { retryAfterMs: 500 }) : done())
    const run = runOf(letters(60), answer, { plan: { concurrency: 8 }, store: { retry: patient } })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(499)
    expect(run.sent).toHaveLength(8)
    await vi.advanceTimersByTimeAsync(501)
    expect(run.sent.length).toBeGreaterThan(8)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(doneIn(await all)).toHaveLength(60 - 36)
    expect([...new Set(countsOf(run))]).toEqual([3])
  })

  test('is asked again in its time, though a pool of items would wait for longer', async () => {
    const source = async function* () {
      yield* ['a', 'b', 'c']
      await new Promise((resolve) => setTimeout(resolve, 10))
      yield* letters(60)
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    }
    const answer: Answer = (items, index) =>
      items.includes('a') && index === 0
        ? { kind: 'outcomes', outcomes: [failure, { done: undefined }, { done: undefined }] }
        : slow(items, index)
    const run = runOf(source(), answer, { store: { retry: { ...patient, maxAttempts: 3 } } })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(20)
    const { length } = run.sent
    await vi.advanceTimersByTimeAsync(480)
    expect(run.sent.length).toBeGreaterThan(length)
    run.sweep.close()
    await vi.advanceTimersByTimeAsync(1)
    await all
  })

  test('most gets smaller requests where it counts items', async () => {
    const operation = { maxItems: 100, countsItems: true }
    const answer: Answer = (items, index) => (index < 9 ? slow(items, index) : done())
    const run = runOf(letters(1_500), answer, { operation, plan: { concurrency: 8 }, store: { retry: patient } })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(doneIn(await all)).toHaveLength(1_500 - 900)
    const counts = countsOf(run)
    expect([...new Set(counts.slice(0, 9))]).toEqual([100])
    // Until it is seen that it takes them again.
    expect(Math.max(...counts.slice(9, 20))).toBeLessThan(50)
  })

  test('everything is asked by all at once while one item may be at fault, and then by one after the other', async () => {
    const { underWay, transport } = busy()
    const run = runOf(letters(64), () => refusal('split'), {
      ...{ operation: { maxItems: 64 }, plan: { concurrency: 8 }, store: { transport } },
    })
    const all = allOf(run)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(failuresOf(await all)).toHaveLength(64)
    expect(underWay.slice(0, 3)).toEqual([1, 1, 2])
    expect(new Set(underWay.slice(12))).toEqual(new Set([1]))
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

test('what is cut once more on its way out is still what it was', async () => {
  const attempts: number[] = []
  const answer: Answer = (_, index) => (index === 0 ? refusal('fewer-items') : index === 1 ? refusal('retry') : done())
  const run = runOf(KEYS, answer, {
    plan: { concurrency: 2 },
    store: { onAttempt: ({ attempt }) => attempts.push(attempt) },
  })
  expect(doneIn(await allOf(run)).sort()).toEqual(KEYS)
  expect(countsOf(run)).toEqual([3, 3, 2, 1, 1, 2, 1])
  expect(attempts).toEqual([1, 1, 2, 2, 1, 2, 2])
  expect(run.sweep.tally.retries).toBe(4)
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

  test('that could not be written leave their memory to the next', async () => {
    const used: ArrayBufferLike[] = []
    const run = runOf(KEYS, done, {
      operation: {
        whole: wholeStrings((_keys, _mode, { lend }) => {
          used.push(lend(10).buffer)
          return undefined
        }),
      },
    })
    await allOf(run)
    expect([used.length, new Set(used).size]).toEqual([3, 1])
  })

  test('are not written over one that was refused: it may still be read', async () => {
    const used = await memoryOf((_, index) => (index === 0 ? refusal('retry') : done()))
    expect(used[1]).not.toBe(used[0])
    expect(used[2]).toBe(used[1])
  })
})
