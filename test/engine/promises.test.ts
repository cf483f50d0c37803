import { type AttemptEvent, isKeysweepError, type KeysweepError } from 'keysweep'
import { EsaKvClient } from 'keysweep/alibaba-esa'
import { S3StorageClient } from 'keysweep/s3'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { CODES, clientFor, fault, keyNames, ModelStore, NO_FAULT, nextTurn, QUICK, randomFrom } from './model-store.js'

/** Long enough for any of these runs; one that hangs fails by it. */
const HANGS = 20_000

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function rejection(promise: Promise<unknown>): Promise<KeysweepError> {
  const error: unknown = await promise.then(
    () => new Error('it did not reject'),
    (reason: unknown) => reason,
  )
  if (!isKeysweepError(error)) throw error
  return error
}

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve: () => resolve() }
}

/** Every item of a report, once each; they are strings without duplicates here. */
const accountedFor = ({ report }: KeysweepError) => {
  const { deleted = [], failed = [] } = report as { deleted?: { key: string }[]; failed?: { key: string }[] }
  return [...deleted, ...failed].map(({ key }) => key).sort()
}

describe('a run that ends early', () => {
  test(
    'a request that never leaves is counted in no batch, not even for a moment',
    async () => {
      const store = new ModelStore('s3', keyNames(2_000))
      const [sent, asked, taken] = [deferred(), deferred(), deferred()]
      // The first answer waits for the second request to ask for its credentials, and these for the first batch to be taken.
      const fetch = async (request: Request) => {
        sent.resolve()
        await asked.promise
        return store.fetch(request)
      }
      let calls = 0
      const credentials = async () => {
        calls++
        if (calls === 1) return { accessKeyId: 'id', secretAccessKey: 'secret', expiration: new Date(0) }
        asked.resolve()
        await taken.promise
        throw new Error('no more credentials')
      }
      async function* source() {
        yield* keyNames(1_000)
        await sent.promise
        yield* keyNames(1_000, 'other-')
      }
      const retry = { maxAttempts: 1 }
      const client = new S3StorageClient({ ...QUICK, bucket: 'b', region: 'r', fetch, credentials, retry })
      const requests: number[] = []
      const run = async () => {
        for await (const { stats } of client.deleteBatches(source())) {
          requests.push(stats.requests)
          taken.resolve()
        }
      }
      expect((await rejection(run())).report?.stats.requests).toBe(1)
      expect(requests).toEqual([1, 0])
    },
    HANGS,
  )

  test(
    'a budget that retries use up does not wait for a source that has nothing to give',
    async () => {
      const store = new ModelStore('s3', keyNames(1_000))
      store.faultFor = (index) => (index === 0 ? fault('throttle') : NO_FAULT)
      async function* source() {
        yield* keyNames(1_000)
        await new Promise(() => {})
      }
      const report = await clientFor(store).deleteMany(source(), { maxRequests: 2 })
      expect(report.deleted).toHaveLength(1_000)
      expect(report.resumeFrom).toBe(1_000)
      expect(store.requests).toHaveLength(2)
    },
    HANGS,
  )

  test(
    'a budget that retries use up stops a source in the middle of a batch',
    async () => {
      const store = new ModelStore('s3', keyNames(2_000))
      store.faultFor = (index) => (index === 0 ? fault('throttle') : NO_FAULT)
      let pulled = 0
      let pulledAtLastRequest = Number.NaN
      store.before = (index) => {
        if (index === 1) pulledAtLastRequest = pulled
      }
      async function* source() {
        for (const key of keyNames(2_000)) {
          if (pulled >= 1_000) await nextTurn()
          pulled++
          yield key
        }
      }
      const report = await clientFor(store).deleteMany(source(), { maxRequests: 2 })
      expect(report.deleted).toHaveLength(1_000)
      // What was asked for already may still come.
      expect(pulled).toBeLessThanOrEqual(pulledAtLastRequest + 2)
      expect(report.resumeFrom).toBe(report.stats.items)
    },
    HANGS,
  )

  test('the last batch of a run that the budget ended says where to resume', async () => {
    for (const dialect of ['s3', 'esa', 'ctyun'] as const) {
      const store = new ModelStore(dialect, keyNames(30_000))
      const batches = []
      for await (const batch of clientFor(store).deleteBatches(keyNames(30_000), { maxRequests: 2, concurrency: 1 }))
        batches.push(batch)
      expect(batches.at(-1)?.resumeFrom).toBe(batches.reduce((sum, { count }) => sum + count, 0))
    }
  })

  test(
    'an abort from inside a synchronous source rejects with what is known',
    async () => {
      const store = new ModelStore('s3', keyNames(2_500))
      const controller = new AbortController()
      function* source() {
        for (const key of keyNames(2_500)) {
          if (key === 'key-1500') controller.abort()
          yield key
        }
      }
      const error = await rejection(
        clientFor(store).deleteMany(source(), { signal: controller.signal, concurrency: 1 }),
      )
      expect(error.name).toBe('AbortError')
      expect(error.report?.resumeFrom).toBe(error.report?.stats.items)
      expect(accountedFor(error)).toEqual(keyNames(error.report?.stats.items ?? 0).sort())
    },
    HANGS,
  )

  test(
    'an abort from inside a synchronous source before anything was sent',
    async () => {
      const store = new ModelStore('s3', keyNames(10))
      const controller = new AbortController()
      function* source() {
        yield* keyNames(5)
        controller.abort()
        yield 'late'
      }
      const error = await rejection(clientFor(store).deleteMany(source(), { signal: controller.signal }))
      expect(error.name).toBe('AbortError')
      expect(store.requests).toEqual([])
      expect(error.report?.resumeFrom).toBe(error.report?.stats.items)
      expect(accountedFor(error)).toEqual([...keyNames(5), 'late'].slice(0, error.report?.stats.items).sort())
    },
    HANGS,
  )

  test.each(['synchronous', 'asynchronous'])(
    'the clean-up of a source that throws (%s) does not hold an aborted run',
    async (kind) => {
      const store = new ModelStore('s3', keyNames(5_000))
      const controller = new AbortController()
      store.before = () => controller.abort()
      const failing = () => {
        throw new Error('clean-up failed')
      }
      let count = 0
      const next = () => ({ done: false as const, value: `key-${count++}` })
      const source =
        kind === 'synchronous'
          ? { [Symbol.iterator]: () => ({ next, return: failing }) }
          : { [Symbol.asyncIterator]: () => ({ next: async () => next(), return: failing }) }
      const error = await rejection(clientFor(store).deleteMany(source, { signal: controller.signal }))
      expect(error.name).toBe('AbortError')
    },
    HANGS,
  )

  test(
    'an abort does not wait for a source that hangs, nor for a transport that ignores its signal',
    async () => {
      const controller = new AbortController()
      const store = new ModelStore('s3', keyNames(1_000))
      store.faultFor = () => fault('hang')
      async function* source() {
        yield* keyNames(1_500)
        while (store.requests.length === 0) await nextTurn()
        controller.abort('enough')
        await new Promise(() => {})
      }
      const error = await rejection(clientFor(store).deleteMany(source(), { signal: controller.signal }))
      expect(error.name).toBe('AbortError')
      expect(error.cause).toBe('enough')
      expect(accountedFor(error)).toEqual(keyNames(1_500).sort())
      const failed = error.report?.failed ?? []
      expect(failed.slice(0, 1_000).every(({ code, outcome }) => code === 'Aborted' && outcome === 'unknown')).toBe(
        true,
      )
      expect(failed.slice(1_000).every(({ code, outcome }) => code === 'NotSent' && outcome === 'not-sent')).toBe(true)
    },
    HANGS,
  )

  test(
    'a source that throws, or rejects, ends the run with its reason and every item accounted for',
    async () => {
      const thrown = new Error('the listing broke')
      function* broken() {
        yield* keyNames(2_500)
        throw thrown
      }
      async function* brokenLater() {
        yield* keyNames(2_500)
        throw thrown
      }
      for (const source of [broken(), brokenLater()]) {
        const store = new ModelStore('s3', keyNames(2_500))
        const error = await rejection(clientFor(store).deleteMany(source))
        expect(error.cause).toBe(thrown)
        expect(error.report?.resumeFrom).toBe(2_500)
        expect(accountedFor(error)).toEqual(keyNames(2_500).sort())
      }
    },
    HANGS,
  )

  test.each(['onAttempt', 'onProgress', 'random', 'clock', 'fetch'] as const)(
    'whatever %s throws, every item is accounted for',
    async (name) => {
      for (let moment = 0; moment < 8; moment++) {
        const store = new ModelStore('s3', keyNames(4_000))
        store.faultFor = (index) => (index % 2 === 0 ? fault('key-errors', { share: 0.01 }) : NO_FAULT)
        let calls = 0
        const failing = <Value>(value: Value): Value => {
          if (calls++ === moment) throw new Error(`${name} is broken`)
          return value
        }
        const options = {
          onAttempt: name === 'onAttempt' ? () => failing(undefined) : () => {},
          random: name === 'random' ? () => failing(0.5) : Math.random,
          clock: name === 'clock' ? () => failing(new Date()) : () => new Date(),
          ...(name === 'fetch' && { fetch: (request: Request) => failing(store.fetch(request)) }),
        }
        const onProgress = name === 'onProgress' ? () => failing(undefined) : () => {}
        const report = await clientFor(store, options)
          .deleteMany(keyNames(4_000), { onProgress })
          .catch((error: unknown) => {
            if (!isKeysweepError(error)) throw error
            return error.report as NonNullable<typeof error.report>
          })
        const { deleted } = report as { deleted: { key: string }[] }
        expect([...deleted, ...report.failed]).toHaveLength(report.stats.items)
        for (const { key, outcome } of report.failed)
          if (outcome !== 'unknown') expect([key, outcome, store.present.has(key)]).toEqual([key, outcome, true])
      }
    },
    HANGS,
  )

  test(
    'credentials that never come are given up, and asked for again by the next request',
    async () => {
      const store = new ModelStore('s3', keyNames(10))
      let asked = 0
      const client = new S3StorageClient({
        ...QUICK,
        bucket: 'photos',
        region: 'us-east-1',
        fetch: store.fetch,
        timeoutMs: 20,
        credentials: () => (asked++ === 0 ? new Promise<never>(() => {}) : Promise.resolve(QUICK.credentials)),
      })
      const { deleted } = await client.deleteMany(keyNames(10))
      expect(deleted).toHaveLength(10)
    },
    HANGS,
  )

  test('what was sent keeps its reason where credentials cannot be had any more', async () => {
    const keys = keyNames(10)
    for (const moment of ['before it is sent again', 'while it waits']) {
      const store = new ModelStore('s3', keys)
      store.faultFor = () => fault('left-out')
      let asked = 0
      const client = new S3StorageClient({
        ...{ ...QUICK, bucket: 'photos', region: 'us-east-1', fetch: store.fetch },
        credentials: async () => {
          if (asked++ > 0) throw new Error('the vault is sealed')
          return { ...QUICK.credentials, expiration: new Date(0) }
        },
      })
      const run = client.deleteMany(keys, moment === 'while it waits' ? { maxRequests: 1 } : {})
      const report = await run.catch((error: KeysweepError) => error.report as NonNullable<typeof error.report>)
      expect(new Set(report.failed.map(({ code, outcome }) => `${code} ${outcome}`))).toEqual(
        new Set(['Unreported unknown']),
      )
    }
  })

  test(
    'credentials that cannot be had end the run, and nothing was sent',
    async () => {
      const store = new ModelStore('s3', keyNames(10))
      const client = new S3StorageClient({
        ...QUICK,
        bucket: 'photos',
        region: 'us-east-1',
        fetch: store.fetch,
        credentials: () => Promise.reject(new Error('the vault is sealed')),
      })
      const error = await rejection(client.deleteMany(keyNames(10)))
      expect(error.code).toBe('CredentialsFailed')
      expect(error.report?.failed.every(({ outcome, attempts }) => outcome === 'not-sent' && attempts === 0)).toBe(true)
      expect(error.report?.stats).toMatchObject({ requests: 0, retries: 0, bytesSent: 0 })
      expect(store.requests).toEqual([])
    },
    HANGS,
  )

  test('a refusal that every request would meet stops the run; what was never sent says so', async () => {
    const answer = () =>
      Promise.resolve(new Response('<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>', { status: 404 }))
    const client = new S3StorageClient({ ...QUICK, bucket: 'photos', region: 'us-east-1', fetch: answer })
    const error = await rejection(client.deleteMany(keyNames(5_000), { concurrency: 2 }))
    expect(error.code).toBe('NoSuchBucket')
    expect(accountedFor(error)).toEqual(keyNames(error.report?.stats.items ?? 0).sort())
    for (const { code, outcome } of error.report?.failed ?? [])
      expect([code, outcome]).toEqual(code === 'NotSent' ? ['NotSent', 'not-sent'] : ['NoSuchBucket', 'refused'])
    expect(error.report?.resumeFrom).toBe(error.report?.stats.items)
  })

  test('no secret is in the error, wherever the server repeats it', async () => {
    const secret = QUICK.credentials.secretAccessKey
    const body = `<Error><Code>Access${secret}</Code><Message>${secret}</Message><RequestId>${secret}</RequestId></Error>`
    const client = new S3StorageClient({
      ...QUICK,
      bucket: 'photos',
      region: 'us-east-1',
      fetch: () => Promise.resolve(new Response(body, { status: 403 })),
    })
    const error = await rejection(client.deleteMany(keyNames(5)))
    const said = [error.message, error.code, error.requestId, error.stack, JSON.stringify(error.report)].join()
    expect(said).not.toContain(secret)
  })
})

describe('the input', () => {
  test('an iterable that has a size of another meaning is read to its end', async () => {
    const store = new ModelStore('s3', keyNames(25))
    const pages = {
      size: 10,
      *[Symbol.iterator]() {
        yield* keyNames(25)
      },
    }
    const { deleted } = await clientFor(store).deleteMany(pages)
    expect(deleted).toHaveLength(25)
  })

  test('loses nothing to a run that ends while it is being read', async () => {
    async function* source() {
      yield* keyNames(1_008)
    }
    // At each of these moments: the one that matters is when the second batch is complete and on its way.
    for (let turns = 0; turns < 150; turns++) {
      const credentials = async () => {
        for (let turn = 0; turn < turns; turn++) await undefined
        throw new Error('no credentials')
      }
      const retry = { maxAttempts: 1 }
      const client = new S3StorageClient({ bucket: 'photos', region: 'us-east-1', retry, credentials })
      const error = await rejection(client.deleteMany(source()))
      expect(accountedFor(error)).toHaveLength(error.report?.stats.items ?? Number.NaN)
      expect(error.report?.resumeFrom).toBe(error.report?.stats.items)
    }
  })

  test('is let go of, though its own code ended the run', async () => {
    const store = new ModelStore('s3', keyNames(2_000))
    const controller = new AbortController()
    let isClosed = false
    function* source() {
      try {
        for (const [index, key] of keyNames(2_000).entries()) {
          if (index === 500) controller.abort()
          yield key
        }
      } finally {
        isClosed = true
      }
    }
    await rejection(clientFor(store).deleteMany(source(), { signal: controller.signal }))
    expect(isClosed).toBe(true)
  })

  test('is pulled no faster than batches are taken', async () => {
    for (const kind of ['synchronous', 'asynchronous']) {
      const store = new ModelStore('s3', [])
      let pulled = 0
      function* endless() {
        for (;;) yield `key-${pulled++}`
      }
      async function* endlessLater() {
        yield* endless()
      }
      const batches = clientFor(store, { concurrency: 2 }).deleteBatches(
        kind === 'synchronous' ? endless() : endlessLater(),
      )
      await batches.next()
      for (let turn = 0; turn < 100; turn++) await nextTurn()
      const stillAt = pulled
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      expect(pulled).toBe(stillAt)
      expect(pulled).toBeLessThanOrEqual(8_000)
      await batches.return?.()
    }
  })

  test('values too long for a batch do not gather by the thousand', async () => {
    const value = ' '.repeat(700_000)
    let open = 0
    let mostOpen = 0
    let count = 0
    function* entries() {
      for (; count < 80; count++) {
        mostOpen = Math.max(mostOpen, ++open)
        yield { key: `key-${count}`, value }
      }
    }
    const client = new EsaKvClient({
      ...QUICK,
      namespace: 'photos',
      concurrency: 2,
      fetch: async (request) => {
        await request.arrayBuffer()
        open--
        return new Response('{"RequestId":"model"}')
      },
    })
    const { written } = await client.putMany(entries())
    expect(written).toHaveLength(80)
    expect(mostOpen).toBeLessThanOrEqual(48)
  })
})

describe('what may succeed later', () => {
  test.each(['an array', 'an asynchronous source', 'a stream'])(
    'a hundred keys that fail in a hundred requests cost at most two more: %s',
    async (kind) => {
      const keys = keyNames(100_000)
      const store = new ModelStore('s3', keys)
      const failedOnce = new Set<string>()
      let streamed = 0
      const original = store.fetch
      const fetch = async (request: Request) => {
        const copy = request.clone()
        const response = await original(request)
        const sick = [...(await copy.text()).matchAll(/<Key>(key-\d*7(?:00))<\/Key>/g)].map(([, key = '']) => key)
        const first = sick.filter((key) => !failedOnce.has(key))
        for (const key of first) failedOnce.add(key)
        const body = await response.text()
        return new Response(
          first.reduce(
            (rest, key) =>
              rest.replace(
                `<Deleted><Key>${key}</Key></Deleted>`,
                `<Error><Key>${key}</Key><Code>InternalError</Code><Message>later</Message></Error>`,
              ),
            body,
          ),
        )
      }
      async function* later() {
        yield* keys
      }
      const source =
        kind === 'an array'
          ? keys
          : kind === 'a stream'
            ? new ReadableStream<string>({
                pull(stream) {
                  const key = keys[streamed++]
                  if (key === undefined) stream.close()
                  else stream.enqueue(key)
                },
              })
            : later()
      const { deleted, stats } = await clientFor(store, { fetch }).deleteMany(source)
      expect(deleted).toHaveLength(100_000)
      expect(failedOnce.size).toBe(100)
      expect(stats.requests).toBeLessThanOrEqual(102)
    },
    20_000,
  )

  test('is not put off to the end of a long input: the place to resume from moves on', async () => {
    const keys = keyNames(400_000)
    const store = new ModelStore('s3', keys)
    store.faultFor = (index) => (index === 0 ? fault('key-errors', { share: 0.01 }) : NO_FAULT)
    store.before = nextTurn
    let furthest = 0
    for await (const { offset, count, settledThrough } of clientFor(store).deleteBatches(keys)) {
      furthest = Math.max(furthest, offset + count)
      expect(furthest - settledThrough).toBeLessThan(100_000)
    }
    expect(store.requests.length).toBeLessThanOrEqual(403)
  })

  test('every third request throttled: at most 1.55 times the requests of a calm run, and nothing fails', async () => {
    for (const dialect of ['s3', 'esa', 'ctyun'] as const) {
      const keys = keyNames(dialect === 'esa' ? 300_000 : 60_000)
      const store = new ModelStore(dialect, keys)
      store.faultFor = (index) => (index % 3 === 2 ? fault('throttle') : NO_FAULT)
      // With the default of 5, one request in some thousands would meet a third one each time.
      const retry = { ...QUICK.retry, maxAttempts: 10 }
      const { failed, stats } = await clientFor(store, { retry }).deleteMany(keys)
      expect(failed).toEqual([])
      const ideal = dialect === 'esa' ? 30 : 60
      expect(stats.requests).toBeLessThanOrEqual(ideal * 1.55)
      expect(stats.throttled).toBe(stats.retries)
    }
  })

  test('a store that takes one request in a while is waited for, and no key fails', async () => {
    const keys = keyNames(40_000)
    const store = new ModelStore('s3', keys)
    let openFrom = performance.now()
    store.faultFor = () => {
      const now = performance.now()
      if (now < openFrom) return fault('throttle')
      openFrom = now + 25
      return NO_FAULT
    }
    // The defaults, ten times as quick.
    const client = clientFor(store, { retry: { baseDelayMs: 10, maxDelayMs: 2_000 }, random: randomFrom(7) })
    const { failed } = await client.deleteMany(keys)
    expect(failed).toHaveLength(0)
  })

  test('Retry-After is obeyed, and a longer one than maxDelayMs ends the retries of that request', async () => {
    const keys = keyNames(10)
    const store = new ModelStore('s3', keys)
    store.faultFor = (index) => (index === 0 ? fault('throttle', { retryAfter: '7' }) : NO_FAULT)
    const delays: (number | undefined)[] = []
    const onAttempt = ({ retryDelayMs }: AttemptEvent) => delays.push(retryDelayMs)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const running = clientFor(store, { retry: { maxDelayMs: 7_000 }, onAttempt }).deleteMany(keys)
    while (delays.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(delays).toEqual([7_000])
    vi.advanceTimersByTime(6_900)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(store.requests).toHaveLength(1)
    vi.advanceTimersByTime(100)
    expect((await running).deleted).toHaveLength(10)
    vi.useRealTimers()

    const impatient = new ModelStore('s3', keys)
    impatient.faultFor = () => fault('throttle', { retryAfter: '7' })
    const { failed } = await clientFor(impatient, { retry: { maxDelayMs: 6_999 } }).deleteMany(keys)
    expect(impatient.requests).toHaveLength(1)
    expect(failed.every(({ outcome, retryable }) => outcome === 'refused' && retryable)).toBe(true)
  })

  test('while a store asks for patience, other requests are not fired at it', async () => {
    const keys = keyNames(60_000)
    const store = new ModelStore('s3', keys)
    const openFrom = performance.now() + 800
    let refused = 0
    store.faultFor = () => {
      if (performance.now() >= openFrom) return NO_FAULT
      refused++
      return fault('throttle', { retryAfter: '1' })
    }
    const { deleted } = await clientFor(store, { concurrency: 4, retry: {} }).deleteMany(keys)
    expect(deleted).toHaveLength(60_000)
    expect(refused).toBeLessThanOrEqual(8)
  })

  test('a run that is over leaves no timer, though its store had asked for patience', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    // Between two looks at the clock passes less and less time, as it does once code is warm.
    let [time, step] = [0, 1]
    vi.spyOn(performance, 'now').mockImplementation(() => {
      step *= 0.99
      time += step
      return time
    })
    const store = new ModelStore('s3', keyNames(1))
    store.faultFor = (index) => (index === 0 ? fault('throttle') : NO_FAULT)
    const client = clientFor(store, { concurrency: 1, retry: { baseDelayMs: 10_000, maxDelayMs: 10_000 } })
    let timers: number | undefined
    const run = client.deleteMany(keyNames(1)).finally(() => {
      timers = vi.getTimerCount()
    })
    while (timers === undefined) {
      time += 10
      vi.advanceTimersByTime(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await run).deleted).toHaveLength(1)
    expect(timers).toBe(0)
  })

  test('Retry-After 0 for ever ends when the attempts are used up', async () => {
    const store = new ModelStore('s3', keyNames(10))
    store.faultFor = () => fault('throttle', { retryAfter: '0' })
    const { failed, stats } = await clientFor(store).deleteMany(keyNames(10))
    expect(failed.every(({ attempts, outcome }) => attempts === 5 && outcome === 'refused')).toBe(true)
    expect(stats).toMatchObject({ requests: 5, retries: 4, throttled: 5 })
  })

  test('every attempt is signed afresh', async () => {
    for (const [dialect, headers] of [
      ['s3', ['authorization', 'x-amz-date']],
      ['esa', ['authorization', 'x-acs-date', 'x-acs-signature-nonce']],
      ['ctyun', ['eop-authorization', 'eop-date', 'ctyun-eop-request-id']],
    ] as const) {
      const store = new ModelStore(dialect, keyNames(3))
      store.faultFor = (index) => (index < 2 ? fault('server-error', { applied: false }) : NO_FAULT)
      let seconds = 0
      const clock = () => new Date(Date.UTC(2030, 0, 1) + 1_000 * seconds++)
      await clientFor(store, { clock }).deleteMany(keyNames(3))
      for (const name of headers) {
        const values = store.requests.map((request) => request.headers.get(name))
        expect(values).not.toContain(null)
        expect(new Set(values).size).toBe(3)
      }
    }
  })

  test('a clock that is off is corrected once; one that jumps every time stops the run', async () => {
    const skewed = (jumps: boolean) => {
      let count = 0
      return async (request: Request) => {
        const keys = [...(await request.text()).matchAll(/<Key>([^<]*)</g)].map(([, key]) => key)
        if (jumps || count === 0) {
          const time = new Date(Date.now() + 3_600_000 * ++count).toISOString()
          return new Response(
            `<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message><ServerTime>${time}</ServerTime></Error>`,
            { status: 403 },
          )
        }
        return new Response(
          `<DeleteResult>${keys.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')}</DeleteResult>`,
        )
      }
    }
    const options = { ...QUICK, bucket: 'photos', region: 'us-east-1' }
    const mended = await new S3StorageClient({ ...options, fetch: skewed(false) }).deleteMany(keyNames(5))
    expect(mended.deleted).toHaveLength(5)
    expect(mended.stats.requests).toBe(2)
    const error = await rejection(new S3StorageClient({ ...options, fetch: skewed(true) }).deleteMany(keyNames(5)))
    expect(error.code).toBe('RequestTimeTooSkewed')
    expect(error.report?.stats.requests).toBe(2)
  })

  test('concurrency falls on throttling and climbs back', async () => {
    const keys = keyNames(200_000)
    const store = new ModelStore('s3', keys)
    store.faultFor = (index) => (index === 20 ? fault('throttle') : NO_FAULT)
    const allowed: number[] = []
    await clientFor(store, { concurrency: 8 }).deleteMany(keys, {
      onProgress: ({ concurrency, inFlight }) => {
        allowed.push(concurrency)
        expect(inFlight).toBeLessThanOrEqual(8)
      },
    })
    const lowest = Math.min(...allowed)
    expect(lowest).toBe(4)
    expect(Math.max(...allowed.slice(allowed.indexOf(lowest)))).toBe(8)
  })

  test('after an attempt that may have been applied a later refusal is unknown', async () => {
    for (const dialect of ['s3', 'esa', 'ctyun'] as const)
      for (const kind of ['server-error', 'network', 'truncated', 'empty', 'html', 'hang'] as const) {
        const keys = keyNames(4)
        const store = new ModelStore(dialect, keys)
        store.faultFor = (index) => (index === 0 ? fault(kind) : fault('throttle'))
        const { failed } = await clientFor(store, { timeoutMs: 30 }).deleteMany(keys)
        expect(failed.map(({ outcome, code }) => [outcome, code])).toEqual(
          keys.map(() => ['unknown', CODES[dialect].throttle]),
        )
      }
  })
})

describe('duplicates', () => {
  test('a key that failed in two batches is sent once in the request that gathers them', async () => {
    const keys = [...keyNames(999), 'twice', ...keyNames(999, 'more-'), 'twice']
    const store = new ModelStore('s3', keys)
    store.faultFor = (index, some) => {
      if (index < 2 && some.includes('twice')) return fault('left-out', { share: 1, applied: false })
      return NO_FAULT
    }
    const { deleted } = await clientFor(store).deleteMany(keys)
    expect(deleted.map(({ key }) => key)).toEqual(keys)
    for (const request of store.requests) expect(new Set(request.keys).size).toBe(request.keys.length)
  })

  test('the duplicates of a failed key fail with it, each in its place', async () => {
    const keys = ['a', 'bad', 'b', 'bad', 'a', 'bad']
    const store = new ModelStore('ctyun', ['a', 'b', 'bad'])
    store.poison = new Set(['bad'])
    const { deleted, failed, stats } = await clientFor(store).deleteMany(keys)
    expect(deleted.map(({ key }) => key)).toEqual(['a', 'b', 'a'])
    expect(failed.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['bad', 'refused'],
      ['bad', 'refused'],
      ['bad', 'refused'],
    ])
    expect(stats).toMatchObject({ items: 6, deleted: 3, failed: 3 })
  })

  test('of two entries with one key the later is written, and both are reported', async () => {
    const bodies: string[] = []
    const client = new EsaKvClient({
      ...QUICK,
      namespace: 'photos',
      fetch: async (request) => {
        const list = new URLSearchParams(await request.text()).get('KvList') ?? '[]'
        bodies.push(list)
        const keys = (JSON.parse(list) as { Key: string }[]).map(({ Key }) => Key)
        return new Response(JSON.stringify({ SuccessKeys: keys, FailKeys: [] }))
      },
    })
    const { written } = await client.putMany([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
      { key: 'a', value: '3' },
    ])
    expect(written.map(({ key }) => key)).toEqual(['a', 'b', 'a'])
    expect(bodies).toEqual(['[{"Key":"b","Value":"2"},{"Key":"a","Value":"3"}]'])
  })
})

describe('a refused request', () => {
  test('is split until the item at fault stands alone', async () => {
    for (const dialect of ['s3', 'esa', 'ctyun'] as const) {
      const keys = keyNames(1_000)
      const store = new ModelStore(dialect, keys)
      store.poison = new Set(['key-3', 'key-777'])
      const { deleted, failed } = await clientFor(store).deleteMany(keys)
      expect(failed.map(({ key, code, outcome }) => [key, code, outcome])).toEqual(
        [...store.poison].map((key) => [key, CODES[dialect].malformed, 'refused']),
      )
      expect(deleted).toHaveLength(998)
      expect(store.requests.length).toBeLessThanOrEqual(42)
    }
  })

  test('stands for all after 64 parts that were refused alike', async () => {
    for (const dialect of ['s3', 'esa', 'ctyun'] as const) {
      const keys = keyNames(dialect === 'esa' ? 50_000 : 5_000)
      const store = new ModelStore(dialect, keys)
      store.poison = new Set(keys)
      const { failed } = await clientFor(store).deleteMany(keys)
      expect(failed).toHaveLength(keys.length)
      expect(store.requests.length).toBeLessThanOrEqual(5 + 64)
    }
  })

  test('is looked into no further for keys that go alone, whatever becomes of them', async () => {
    for (const status of [204, 403]) {
      const keys = keyNames(5_000).map((key, index) => (index % 1_000 === 999 ? `${key}\x01` : key))
      const store = new ModelStore('s3', keys)
      store.poison = new Set(keys)
      const fetch = (request: Request) =>
        request.method === 'DELETE' ? Promise.resolve(new Response(null, { status })) : store.fetch(request)
      await clientFor(store, { fetch }).deleteMany(keys)
      expect(store.requests.length).toBeLessThanOrEqual(5 + 64)
    }
  })

  test('is looked into just as far where its parts meet failures that pass, and all fail for what was refused', async () => {
    const keys = keyNames(1_000)
    const store = new ModelStore('s3', keys)
    store.poison = new Set(keys)
    const asked = new Map<string, number>()
    store.faultFor = (_, some) => {
      const times = asked.get(some.join()) ?? 0
      asked.set(some.join(), times + 1)
      return times < 2 ? fault('throttle') : NO_FAULT
    }
    const { failed } = await clientFor(store, { retry: { ...QUICK.retry, maxAttempts: 100 } }).deleteMany(keys)
    expect(new Set(failed.map(({ code, retryable }) => `${code} ${retryable}`))).toEqual(
      new Set([`${CODES.s3.malformed} false`]),
    )
    // Each part failed twice before it was refused.
    expect(store.requests.length).toBeGreaterThan(3 * 40)
  })

  test('is split to the end, however often the credentials expire meanwhile', async () => {
    const keys = keyNames(1_000)
    const store = new ModelStore('s3', keys)
    store.poison = new Set(keys.filter((_, index) => index % 100 === 7))
    let token = 0
    let uses = 0
    const client = new S3StorageClient({
      ...{ ...QUICK, bucket: 'photos', region: 'us-east-1', concurrency: 1 },
      credentials: async () => ({ ...QUICK.credentials, sessionToken: `token-${++token}` }),
      fetch: async (request) => {
        if (request.headers.get('x-amz-security-token') === `token-${token}` && uses++ < 10) return store.fetch(request)
        uses = 0
        return new Response('<Error><Code>ExpiredToken</Code></Error>', { status: 400 })
      },
    })
    const { deleted, failed } = await client.deleteMany(keys)
    expect([deleted.length, new Set(failed.map(({ key }) => key))]).toEqual([990, store.poison])
    expect(token).toBeGreaterThan(5)
  })

  test('for want of fresh credentials is sent with others, also after it was throttled, but not forever', async () => {
    const answering = async (last: number) => {
      let [tokens, requests] = [0, 0]
      const client = new S3StorageClient({
        ...{ ...QUICK, bucket: 'photos', region: 'us-east-1' },
        credentials: async () => ({ ...QUICK.credentials, sessionToken: `token-${++tokens}` }),
        fetch: async () => {
          if (++requests > last) return new Response('<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>')
          const [code, status] = requests % 2 === 1 ? ['ExpiredToken', 400] : ['SlowDown', 503]
          return new Response(`<Error><Code>${code}</Code></Error>`, { status })
        },
      })
      const { deleted } = await client.deleteMany(['a'])
      return [deleted.length, tokens, requests]
    }
    expect(await answering(3)).toEqual([1, 3, 4])
    expect(await answering(Number.POSITIVE_INFINITY)).toEqual([0, 6, 10])
  })

  test('of which it is not found out which item is at fault may succeed later, but for that item', async () => {
    const keys = keyNames(100)
    for (let maxRequests = 1; maxRequests < 20; maxRequests++) {
      const store = new ModelStore('s3', keys)
      store.poison = new Set(['key-7'])
      const { failed } = await clientFor(store, { concurrency: 1 }).deleteMany(keys, { maxRequests })
      const carriers = store.requests.filter((request) => request.keys.includes('key-7'))
      const isFound = carriers.some((request) => request.keys.length === 1)
      expect(failed.filter(({ retryable }) => !retryable).map(({ key }) => key)).toEqual(isFound ? ['key-7'] : [])
    }
  })

  test('that was hopeless does not sink one key’s neighbours in another', async () => {
    const bad = keyNames(1_000, 'bad-')
    const good = keyNames(10_000)
    const store = new ModelStore('s3', good)
    store.poison = new Set([...bad, 'key-5555'])
    const { deleted, failed } = await clientFor(store, { concurrency: 1 }).deleteMany([...bad, ...good])
    expect(failed.map(({ key }) => key)).toEqual([...bad, 'key-5555'])
    expect(deleted).toHaveLength(9_999)
  })
})
