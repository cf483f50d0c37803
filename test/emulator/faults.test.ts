import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEmulator, type Emulator, type Faults, type StoreName } from '../../src/emulator/index.js'
import { ctyun, deletionOf, esa, kvDeletion, NOW, ncloud, s3, yandex, zosDeletion } from './requests.js'

let emulator: Emulator

const STORES = ['alibaba-esa', 'ncloud', 'ctyun-zos', 'yandex', 's3'] as const

beforeEach(() => {
  emulator = createEmulator({ clock: () => NOW })
  for (const store of STORES) emulator.state.create(store, 'b')
})

afterEach(() => {
  vi.useRealTimers()
})

const SEND: Readonly<Record<(typeof STORES)[number], (keys: readonly string[]) => Promise<Request>>> = {
  s3: (keys) => s3(deletionOf('b', keys)),
  ncloud: (keys) => ncloud(deletionOf('b', keys)),
  yandex: (keys) => yandex(deletionOf('b', keys)),
  'alibaba-esa': (keys) => esa('BatchDeleteKv', kvDeletion('b', keys)),
  'ctyun-zos': (keys) =>
    ctyun({
      body: zosDeletion(
        'b',
        keys.map((key) => ({ key })),
      ),
    }),
}

/** Puts a key, asks for its deletion and tells what came of it. */
async function deleteOne(store: (typeof STORES)[number], key = 'a') {
  emulator.state.put(store, 'b', key)
  const response = await emulator.fetch(await SEND[store]([key]))
  const body = await response.text()
  return { status: response.status, body, headers: response.headers, isGone: !emulator.state.has(store, 'b', key) }
}

/** How many of so many deletions are as described. */
async function count(
  runs: number,
  store: (typeof STORES)[number],
  isSo: (outcome: Awaited<ReturnType<typeof deleteOne>>) => boolean,
) {
  let counted = 0
  for (let run = 0; run < runs; run++) if (isSo(await deleteOne(store))) counted++
  return counted
}

describe('faults', () => {
  test('replace what was set before, for one store or all', async () => {
    emulator.faults('all', { status: { 500: 1 } })
    expect((await deleteOne('s3')).status).toBe(500)
    emulator.faults('s3', { html: 1 })
    expect(await deleteOne('s3')).toMatchObject({ status: 200, isGone: true })
    expect((await deleteOne('yandex')).status).toBe(500)
    emulator.faults('all', {})
    expect((await deleteOne('s3')).body).toContain('<Deleted>')
    expect((await deleteOne('yandex')).body).toContain('<Deleted>')
  })

  test.each<[string, Faults]>([
    ['a probability over 1', { reset: 1.1 }],
    ['a negative probability', { keyErrors: { InternalError: -0.1 } }],
    ['a probability that is none', { html: Number.NaN }],
    ['a status that is no failure', { status: { 200: 1 } }],
    ['a negative latency', { latencyMs: -1 }],
    ['a standstill', { slowBytesPerSecond: 0 }],
    ['an empty bucket', { throttle: { keysPerSecond: 1, burst: 0 } }],
  ])('cannot be %s', (_, faults) => {
    expect(() => emulator.faults('s3', faults)).toThrow(RangeError)
  })

  test('cannot be set for a store there is not', () => {
    expect(() => emulator.faults('gcs' as StoreName, {})).toThrow(TypeError)
  })

  test('strike alike for the same seed', async () => {
    const run = async (seed: number) => {
      emulator = createEmulator({ clock: () => NOW, seed })
      emulator.state.create('s3', 'b')
      emulator.faults('s3', { status: { 500: 0.2, 503: 0.2 }, keyErrors: { SlowDown: 0.3 } })
      const outcomes: unknown[] = []
      for (let index = 0; index < 40; index++) {
        const { status, body, isGone } = await deleteOne('s3')
        outcomes.push([status, body, isGone])
      }
      return outcomes
    }
    const first = await run(7)
    expect(await run(7)).toEqual(first)
    expect(await run(8)).not.toEqual(first)
  })
})

describe('status', () => {
  test('comes as often as asked for', async () => {
    emulator.faults('s3', { status: { 500: 0.2, 503: 0.3 } })
    const seen: Record<number, number> = {}
    for (let run = 0; run < 500; run++) {
      const { status } = await deleteOne('s3')
      seen[status] = (seen[status] ?? 0) + 1
    }
    expect(seen[200]).toBeGreaterThan(200)
    expect(seen[500]).toBeGreaterThan(70)
    expect(seen[500]).toBeLessThan(130)
    expect(seen[503]).toBeGreaterThan(110)
    expect(seen[503]).toBeLessThan(190)
  })

  test('500 may have been carried out, 503 and 4xx never were', async () => {
    for (const store of ['s3', 'alibaba-esa', 'ctyun-zos'] as const) {
      emulator.faults(store, { status: { 500: 1 } })
      const gone = await count(200, store, ({ isGone }) => isGone)
      expect(gone).toBeGreaterThan(70)
      expect(gone).toBeLessThan(130)
      for (const status of [400, 403, 429, 503]) {
        emulator.faults(store, { status: { [status]: 1 } })
        expect(await count(50, store, (outcome) => outcome.isGone || outcome.status !== status)).toBe(0)
      }
    }
  })

  test.each([
    ['s3', 503, '<Code>ServiceUnavailable</Code>'],
    ['s3', 500, '<Code>InternalError</Code>'],
    ['s3', 403, '<Code>AccessDenied</Code>'],
    ['yandex', 429, '<Code>TooManyRequests</Code>'],
    ['alibaba-esa', 503, '"Code":"ServiceUnavailable"'],
    ['alibaba-esa', 429, '"Code":"TooManyRequests"'],
    ['alibaba-esa', 400, '"Code":"Throttling.User"'],
    ['ctyun-zos', 500, '"statusCode":"CTAPI_10500"'],
    ['s3', 502, '<!DOCTYPE html>'],
    ['ctyun-zos', 504, '<!DOCTYPE html>'],
  ] as const)('%s words %i as its own', async (store, status, expected) => {
    emulator.faults(store, { status: { [status]: 1 } })
    expect(await deleteOne(store)).toMatchObject({ status, body: expect.stringContaining(expected) })
  })

  test('asks for patience where told to', async () => {
    emulator.faults('all', { status: { 429: 0.5, 503: 0.5 }, retryAfter: 3 })
    for (const store of STORES) expect((await deleteOne(store)).headers.get('retry-after')).toBe('3')
    expect((await deleteOne('alibaba-esa')).headers.get('x-acs-retry-after')).toBe('3000')
    emulator.faults('all', { status: { 500: 1 }, retryAfter: 3 })
    expect((await deleteOne('s3')).headers.get('retry-after')).toBeNull()
  })

  test('asks for patience in whole seconds, and in milliseconds where the store knows them', async () => {
    emulator.faults('all', { status: { 503: 1 }, retryAfter: 0.5 })
    for (const store of STORES) expect((await deleteOne(store)).headers.get('retry-after')).toBe('1')
    expect((await deleteOne('alibaba-esa')).headers.get('x-acs-retry-after')).toBe('500')
  })

  test('leads elsewhere with 3xx', async () => {
    emulator.faults('s3', { status: { 307: 1 } })
    const { status, headers, isGone } = await deleteOne('s3')
    expect([status, headers.get('location'), isGone]).toEqual([307, 'https://elsewhere.invalid/', false])
  })
})

describe('throttle', () => {
  test('refuses whole what is too much, and lets it pass when time has gone by', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    emulator.faults('s3', { throttle: { keysPerSecond: 10, burst: 4 } })
    const send = async (keys: number) => {
      const batch = Array.from({ length: keys }, (_, index) => `k${index}`)
      for (const key of batch) emulator.state.put('s3', 'b', key)
      const response = await emulator.fetch(await SEND.s3(batch))
      return [response.status, emulator.state.size('s3', 'b')]
    }
    expect(await send(3)).toEqual([200, 0])
    expect(await send(2)).toEqual([503, 2])
    vi.advanceTimersByTime(100)
    expect(await send(2)).toEqual([200, 0])
    vi.advanceTimersByTime(10_000)
    expect(await send(9)).toEqual([200, 0])
    vi.advanceTimersByTime(500)
    expect((await send(1))[0]).toBe(503)
    vi.advanceTimersByTime(100)
    expect((await send(1))[0]).toBe(200)
  })

  test('lets pass what the clock of the emulator gives time for', async () => {
    let now = NOW
    emulator = createEmulator({ clock: () => now })
    emulator.state.create('s3', 'b')
    emulator.faults('s3', { throttle: { keysPerSecond: 0.01, burst: 1 } })
    expect([(await deleteOne('s3')).status, (await deleteOne('s3')).status]).toEqual([200, 503])
    now = new Date(NOW.getTime() + 100_000)
    expect([(await deleteOne('s3')).status, (await deleteOne('s3')).status]).toEqual([200, 503])
    now = NOW
    expect((await deleteOne('s3')).status).toBe(503)
  })

  test.each([
    ['s3', 503, ['SlowDown', 'SlowDown']],
    ['yandex', 503, ['SlowDown', 'SlowDown']],
    ['ctyun-zos', 429, ['CTAPI_10429', 'CTAPI_10429']],
    ['alibaba-esa', 429, ['TooManyRequests', 'Throttling.Api']],
  ] as const)('%s says so with %i', async (store, status, codes) => {
    emulator.faults(store, { throttle: { keysPerSecond: 0.001, burst: 1 }, retryAfter: 2 })
    expect((await deleteOne(store)).status).toBe(200)
    const [first, second] = [await deleteOne(store), await deleteOne(store)]
    expect(first.status).toBe(status)
    expect(first.body).toContain(codes[0])
    expect(second.body).toContain(codes[1])
    expect([first, second].map(({ headers }) => headers.get('retry-after'))).toEqual(['2', '2'])
  })
})

describe('what breaks', () => {
  test('reset: no answer, half of them carried out', async () => {
    emulator.faults('s3', { reset: 1 })
    let gone = 0
    for (let run = 0; run < 200; run++) {
      await expect(deleteOne('s3')).rejects.toThrow(new TypeError('fetch failed'))
      if (!emulator.state.has('s3', 'b', 'a')) gone++
    }
    expect(gone).toBeGreaterThan(70)
    expect(gone).toBeLessThan(130)
  })

  test('truncate: carried out, the answer stops, with or without the connection', async () => {
    emulator.faults('s3', { truncate: 1 })
    let [broken, short] = [0, 0]
    for (let run = 0; run < 100; run++) {
      const outcome = await deleteOne('s3').catch((error) => error)
      expect(emulator.state.has('s3', 'b', 'a')).toBe(false)
      if (outcome instanceof TypeError) broken++
      else if (!outcome.body.endsWith('</DeleteResult>')) short++
    }
    expect(broken + short).toBe(100)
    expect(Math.min(broken, short)).toBeGreaterThan(30)
  })

  test.each([
    ['empty', /^$/],
    ['html', /^<!DOCTYPE html>/],
  ] as const)('%s: carried out, nothing to read', async (fault, expected) => {
    for (const store of STORES) {
      emulator.faults(store, { [fault]: 1 })
      expect(await deleteOne(store)).toMatchObject({ status: 200, isGone: true, body: expect.stringMatching(expected) })
    }
  })

  test('errorInside200: the document of an error', async () => {
    emulator.faults('all', { errorInside200: 1 })
    expect(await deleteOne('s3')).toMatchObject({
      status: 200,
      isGone: true,
      body: expect.stringContaining('<Error><Code>InternalError'),
    })
    expect(await deleteOne('alibaba-esa')).toMatchObject({
      status: 200,
      body: expect.stringContaining('"Code":"InternalError"'),
    })
    expect(await deleteOne('ctyun-zos')).toMatchObject({
      status: 200,
      body: expect.stringMatching(/"statusCode":900,"message":"InternalError"/),
    })
  })
})

describe('what befalls keys', () => {
  const KEYS = Array.from({ length: 1000 }, (_, index) => `k${index}`)
  const about = (count: number) => expect.toSatisfy((length: number) => Math.abs(length - count) < 60)

  async function deleteAll(store: (typeof STORES)[number]) {
    for (const key of KEYS) emulator.state.put(store, 'b', key)
    const response = await emulator.fetch(await SEND[store](KEYS))
    return { body: await response.text(), left: emulator.state.keys(store, 'b') }
  }

  test('keyErrors: those stay and are listed with their code', async () => {
    emulator.faults('all', { keyErrors: { AccessDenied: 0.2, SlowDown: 0.1 } })
    for (const store of ['s3', 'ncloud', 'yandex'] as const) {
      const { body, left } = await deleteAll(store)
      expect(left.length).toEqual(about(300))
      expect([...body.matchAll(/<Error><Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual(left)
      expect(body.match(/<Code>SlowDown</g)?.length).toEqual(about(100))
      expect(body.match(/<Deleted>/g)).toHaveLength(1000 - left.length)
    }
    const esaRun = await deleteAll('alibaba-esa')
    expect(JSON.parse(esaRun.body).FailKeys).toEqual(esaRun.left)
    expect(JSON.parse(esaRun.body).SuccessKeys).toHaveLength(1000 - esaRun.left.length)
    const ctyunRun = await deleteAll('ctyun-zos')
    const { errors, deleted } = JSON.parse(ctyunRun.body).returnObj
    expect(errors.map(({ key }: { key: string }) => key)).toEqual(ctyunRun.left)
    expect(new Set(errors.map(({ code }: { code: string }) => code))).toEqual(new Set(['AccessDenied', 'SlowDown']))
    expect(deleted).toHaveLength(1000 - ctyunRun.left.length)
  })

  test('keyErrors: a single call fails as a whole', async () => {
    emulator.faults('all', { keyErrors: { AccessDenied: 1 } })
    emulator.state.put('s3', 'b', 'a')
    const response = await emulator.fetch(await s3({ method: 'DELETE', path: '/b/a' }))
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ])
    expect(emulator.state.has('s3', 'b', 'a')).toBe(true)
  })

  test('leaveOut: carried out and not mentioned', async () => {
    emulator.faults('all', { leaveOut: 0.3 })
    for (const store of STORES) {
      const { body, left } = await deleteAll(store)
      expect(left).toEqual([])
      expect(body.match(/\bk\d+\b/g)?.length).toEqual(about(700))
    }
  })
})

/** Waits without moving the clock, as `vi.waitUntil` would. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

describe('time', () => {
  test('clockSkewMs: the server lives in another time, and says so', async () => {
    emulator.faults('all', { clockSkewMs: 20 * 60_000 })
    expect((await deleteOne('s3')).body).toContain('<ServerTime>2026-01-02T03:24:05Z</ServerTime>')
    expect((await deleteOne('alibaba-esa')).body).toContain('InvalidTimeStamp.Expired')
    const { body, headers } = await deleteOne('ctyun-zos')
    expect(body).toContain('CTAPI_10009')
    expect(headers.get('date')).toBe('Fri, 02 Jan 2026 03:24:05 GMT')
  })

  test('latencyMs: half on the way in, half on the way back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    emulator.faults('s3', { latencyMs: 1000 })
    emulator.state.put('s3', 'b', 'a')
    let isAnswered = false
    const request = await SEND.s3(['a'])
    const answer = emulator.fetch(request).then(() => {
      isAnswered = true
    })
    await until(() => vi.getTimerCount() === 1)
    await vi.advanceTimersByTimeAsync(499)
    expect(emulator.state.has('s3', 'b', 'a')).toBe(true)
    await vi.advanceTimersByTimeAsync(1)
    await until(() => !emulator.state.has('s3', 'b', 'a') && vi.getTimerCount() === 1)
    await vi.advanceTimersByTimeAsync(499)
    expect(isAnswered).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await answer
  })

  test('latencyMs: whoever hangs up on the way in was never there', async () => {
    emulator.faults('s3', { latencyMs: 60_000 })
    emulator.state.put('s3', 'b', 'a')
    const gone = new AbortController()
    const answer = emulator.fetch(await SEND.s3(['a']), { signal: gone.signal })
    await until(() => emulator.stats.s3.requests === 1)
    gone.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    expect(emulator.state.has('s3', 'b', 'a')).toBe(true)
  })

  test('slowBytesPerSecond: the answer trickles, and stops when nobody reads on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    emulator.faults('s3', { slowBytesPerSecond: 100 })
    const reader = (await emulator.fetch(await SEND.s3(['a']))).body?.getReader()
    const first = reader?.read()
    await until(() => vi.getTimerCount() === 1)
    await vi.advanceTimersByTimeAsync(20)
    expect((await first)?.value).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1000)
    void reader?.read()
    await until(() => vi.getTimerCount() === 1)
    await reader?.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})
