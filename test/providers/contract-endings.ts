import { expect, it } from 'vitest'
import type { KeyPair, ObjectKey, RemoteKey, SigningRequest } from '../../src/index.js'
import * as acs3 from '../../src/signers/acs3.js'
import { expectAccounted, expectHonest, expectKeysweepError } from './expectations.js'
import { KEY_PAIR, manyKeys, openLab, QUICK, rejection, type Subject } from './lab.js'
import { signatureFor } from './signing.js'

const HOUR_MS = 3_600_000

/** Runs that end early, and what credentials and clocks have to do with it. */
export function describeEndings(subject: Subject): void {
  const { name, mostKeys, codes, saysExpired, operation, open } = subject

  it('never exceeds its budget, and can be resumed to the end', async () => {
    for (const [seed, maxRequests] of [0, 1, 2, 3, 4, 7].entries()) {
      const lab = await openLab(name, { seed: seed + 1 })
      const keys = manyKeys(mostKeys * 3 + 1)
      lab.fill(keys)
      lab.faults({ status: { 500: 0.3 }, reset: 0.1, keyErrors: { InternalError: 0.1 } })
      const client = open({ ...lab, retry: { ...QUICK, maxAttempts: 4 } })
      const first = await client.deleteMany(keys, { maxRequests })
      expect(first.stats.requests).toBeLessThanOrEqual(maxRequests)
      expect(lab.stats.requests).toBe(first.stats.requests)
      const taken = first.resumeFrom ?? keys.length
      expectAccounted(first, keys.slice(0, taken))
      expectHonest(first, lab)
      expect(keys.slice(taken).every((key) => lab.has(key))).toBe(true)
      if (maxRequests === 0) expect(first).toMatchObject({ resumeFrom: 0, stats: { items: 0 } })
      lab.faults({})
      let from = taken
      for (let runs = 0; from < keys.length; runs++) {
        expect(runs).toBeLessThan(10)
        const next = await client.deleteMany(keys.slice(from), { maxRequests: 1 })
        expect(next.stats.requests).toBe(1)
        expect(next.failed).toEqual([])
        from = next.resumeFrom === undefined ? keys.length : from + next.resumeFrom
      }
      expect(keys.slice(taken).some((key) => lab.has(key))).toBe(false)
    }
  })

  it('needs no resuming where the budget is just enough', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 1)
    const report = await open(lab).deleteMany(keys, { maxRequests: 2 })
    expectAccounted(report, keys)
    expect(report).not.toHaveProperty('resumeFrom')
  })

  it('keeps what is known when it is aborted', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 8)
    lab.fill(keys)
    lab.faults({ latencyMs: 20 })
    const stop = new AbortController()
    const reason = new Error('enough')
    const run = open(lab).deleteMany(keys, {
      concurrency: 2,
      signal: stop.signal,
      onProgress: ({ requests }) => requests > 2 && stop.abort(reason),
    })
    const error = expectKeysweepError(await rejection(run))
    expect(error).toMatchObject({ name: 'AbortError', code: 'Aborted', provider: name, cause: reason })
    const { report } = error
    expect(report.resumeFrom).toBeLessThan(keys.length)
    expectAccounted(report, keys.slice(0, report.resumeFrom))
    expect(report.deleted.length).toBeGreaterThan(0)
    expect(report.failed.length).toBeGreaterThan(0)
    for (const { code, outcome } of report.failed)
      expect([`Aborted ${outcome}`, 'NotSent not-sent']).toContain(`${code} ${outcome}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(lab.stats.requests).toBeLessThanOrEqual(report.stats.requests)
    expectHonest(report, lab)
    expect(keys.slice(report.resumeFrom).every((key) => lab.has(key))).toBe(true)
  })

  it('sends nothing when it is aborted before it begins', async () => {
    const lab = await openLab(name)
    const error = expectKeysweepError(
      await rejection(open(lab).deleteMany(['a', 'b'], { signal: AbortSignal.abort() })),
    )
    expect(error.name).toBe('AbortError')
    expectAccounted(error.report, ['a', 'b'].slice(0, error.report.resumeFrom))
    expect(error.report.deleted).toEqual([])
    expect(lab.stats.requests).toBe(0)
  })

  it('ends when it is aborted while it waits to try again', async () => {
    const lab = await openLab(name)
    lab.faults({ status: { 503: 1 } })
    const stop = new AbortController()
    const client = open({ ...lab, retry: { baseDelayMs: 1e6, maxDelayMs: 1e6 }, random: () => 0.9 })
    const run = client.deleteMany(['a'], { signal: stop.signal, onProgress: () => void setTimeout(() => stop.abort()) })
    const error = expectKeysweepError(await rejection(run))
    expect(error.name).toBe('AbortError')
    expect(error.report.failed).toMatchObject([{ key: 'a', status: 503, outcome: 'refused', attempts: 1 }])
  })

  it('sends nothing more once its batches are no longer wanted', async () => {
    const lab = await openLab(name)
    lab.faults({ latencyMs: 5 })
    let isClosed = false
    async function* endless() {
      try {
        for (let index = 0; ; index++) yield `key-${index}`
      } finally {
        isClosed = true
      }
    }
    for await (const batch of open(lab).deleteBatches(endless(), { concurrency: 2 })) {
      expect(batch.count).toBe(mostKeys)
      break
    }
    const sent = lab.stats.requests
    await new Promise((resolve) => setTimeout(resolve, 50))
    // What was on its way when the loop ended may still arrive.
    expect(lab.stats.requests).toBeLessThanOrEqual(sent + 2)
    expect(isClosed).toBe(true)
  })

  for (const [what, code, options] of [
    ['a wrong secret', codes.wrongSecret, { credentials: { ...KEY_PAIR, secretAccessKey: 'wrong-secret' } }],
    ['an unknown access key', codes.unknownKey, { credentials: { ...KEY_PAIR, accessKeyId: 'unknown-key' } }],
    ['an absent bucket or namespace', codes.absentContainer, { container: 'absent' }],
  ] as const)
    it(`stops at ${what}`, async () => {
      const lab = await openLab(name)
      // More than one request holds, and no end in sight: the rest is taken, and can never be sent.
      async function* keys() {
        yield* manyKeys(mostKeys + 5)
        await new Promise(() => {})
      }
      const error = expectKeysweepError(await rejection(open({ ...lab, ...options }).deleteMany(keys())))
      expect(error).toMatchObject({ name: 'KeysweepError', code, provider: name })
      expect(error.status).toBeTypeOf('number')
      expect(error.message).toContain(name)
      expect(error.report.deleted).toEqual([])
      expect(error.report.resumeFrom).toBe(mostKeys + 5)
      expectAccounted(error.report, manyKeys(mostKeys + 5))
      const sent = error.report.failed.slice(0, mostKeys)
      for (const failure of sent) expect(failure).toMatchObject({ code, outcome: 'refused', attempts: 1 })
      for (const failure of error.report.failed.slice(mostKeys))
        expect(failure).toMatchObject({ code: 'NotSent', outcome: 'not-sent', attempts: 0, retryable: true })
      expect(lab.stats.requests).toBe(1)
    })

  it('stops with many requests in flight', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 12)
    lab.fill(keys)
    const error = expectKeysweepError(
      await rejection(open({ ...lab, credentials: { ...KEY_PAIR, secretAccessKey: 'wrong-secret' } }).deleteMany(keys)),
    )
    expectAccounted(error.report, keys.slice(0, error.report.resumeFrom))
    expect(new Set(error.report.failed.map(({ code, outcome }) => `${code} ${outcome}`))).not.toContain(
      'NotSent refused',
    )
    expect(lab.stats.requests).toBeLessThanOrEqual(8)
    expect(lab.held).toHaveLength(keys.length)
  })

  for (const hours of [-1, 1])
    it(`corrects a clock that is ${hours} hour off, once`, async () => {
      const lab = await openLab(name)
      const keys = manyKeys(mostKeys + 1)
      lab.fill(keys)
      const client = open({ ...lab, clock: () => new Date(Date.now() + hours * HOUR_MS), concurrency: 1 })
      const report = await client.deleteMany(keys)
      expect(report.failed).toEqual([])
      expectAccounted(report, keys)
      expect(report.stats.requests).toBe(3)
      expect((await client.deleteMany(['a'])).stats.requests).toBe(1)
    })

  it('corrects the clock for all requests in flight', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 10)
    lab.fill(keys)
    const client = open({ ...lab, clock: () => new Date(Date.now() + HOUR_MS), retry: { maxAttempts: 1 } })
    const report = await client.deleteMany(keys)
    expect(report.failed).toEqual([])
    expect(lab.held).toEqual([])
  })

  it('fetches credentials once while they are good', async () => {
    const lab = await openLab(name)
    let fetched = 0
    const credentials = async () => {
      fetched++
      return { ...KEY_PAIR, expiration: new Date(Date.now() + HOUR_MS) }
    }
    const client = open({ ...lab, credentials })
    await client.deleteMany(manyKeys(mostKeys * 3))
    await client.deleteMany(['a'])
    expect(fetched).toBe(1)
  })

  it('fetches credentials again when they expire', async () => {
    const next = { accessKeyId: 'next-key', secretAccessKey: 'next-secret' }
    const lab = await openLab(name, { credentials: [KEY_PAIR, next] })
    let now = Date.now()
    const given: KeyPair[] = []
    const credentials = () => {
      const pair = { ...(given.length === 0 ? KEY_PAIR : next), expiration: new Date(now + 5 * 60_000) }
      given.push(pair)
      return pair
    }
    const client = open({ ...lab, credentials, clock: () => new Date(now) })
    expect((await client.deleteMany(['a'])).failed).toEqual([])
    now += 4.5 * 60_000
    expect((await client.deleteMany(['b'])).failed).toEqual([])
    expect(given).toHaveLength(2)
  })

  if (saysExpired)
    it('fetches credentials again when they are refused as expired', async () => {
      const old = { accessKeyId: 'old-key', secretAccessKey: 'old-secret' }
      const lab = await openLab(name, { credentials: [{ ...old, expiration: new Date(0) }, KEY_PAIR] })
      const keys = manyKeys(mostKeys * 3)
      lab.fill(keys)
      let fetched = 0
      const client = open({ ...lab, credentials: async () => (fetched++ === 0 ? old : KEY_PAIR) })
      const report = await client.deleteMany(keys)
      expect(report.failed).toEqual([])
      expectAccounted(report, keys)
      expect(fetched).toBe(2)
      expect(lab.held).toEqual([])
    })

  it('stops when credentials are refused as expired and there are no others', async () => {
    const lab = await openLab(name, { credentials: { ...KEY_PAIR, expiration: new Date(0) } })
    const error = expectKeysweepError(await rejection(open(lab).deleteMany(['a'])))
    expect(error.report.failed).toMatchObject([{ key: 'a', code: error.code, outcome: 'refused' }])
  })

  it('stops when credentials cannot be had', async () => {
    const lab = await openLab(name)
    const cause = new Error('the vault is closed')
    const credentials = () => Promise.reject(cause)
    const error = expectKeysweepError(await rejection(open({ ...lab, credentials }).deleteMany(['a', 'b'])))
    expect(error).toMatchObject({ code: 'CredentialsFailed', cause })
    expectAccounted(error.report, ['a', 'b'])
    for (const failure of error.report.failed) expect(failure).toMatchObject({ outcome: 'not-sent', attempts: 0 })
    expect(lab.stats.requests).toBe(0)
  })

  it('stops when what comes as credentials is none', async () => {
    const lab = await openLab(name)
    const credentials = () => ({ accessKeyId: 'only-half' }) as KeyPair
    const error = expectKeysweepError(await rejection(open({ ...lab, credentials }).deleteMany(['a'])))
    expect(error.code).toBe('CredentialsFailed')
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(error.message).toContain('secretAccessKey')
  })

  it('has a server sign that keeps the secret', async () => {
    const lab = await openLab(name)
    const keys = [...manyKeys(mostKeys), 'a b&c']
    lab.fill(keys)
    const asked: SigningRequest[] = []
    const credentials: RemoteKey = {
      accessKeyId: KEY_PAIR.accessKeyId,
      sign: async (request) => {
        asked.push(request)
        return signatureFor(request)
      },
    }
    const report = await open({ ...lab, credentials, clock: () => new Date() }).deleteMany(keys)
    expect(report.failed).toEqual([])
    expect(lab.held).toEqual([])
    expect(asked.map(({ items }) => items).sort()).toEqual([1, mostKeys])
    for (const request of asked) {
      expect(request).toMatchObject({ operation, method: 'POST', date: expect.any(Date) })
      expect(request.url.startsWith(`${lab.endpoint}/`)).toBe(true)
      if (request.scheme === 'eop') expect(request).not.toHaveProperty('canonicalRequest')
      else expect(await acs3.stringToSign(request.canonicalRequest ?? '')).toContain(request.stringToSign.slice(-64))
      expect(request.scope !== undefined).toBe(request.scheme === 'sigv4')
    }
  })

  it('says of what was sent before what the store said, and not that it never was', async () => {
    const lab = await openLab(name)
    const urls: string[] = []
    const busy = async ({ url }: Request) => {
      urls.push(url)
      return new Response('', { status: 500 })
    }
    const credentials = () => {
      if (urls.length === 0) return { ...KEY_PAIR, expiration: new Date(0) }
      throw new Error('the vault is closed')
    }
    const retry = { maxAttempts: 3, baseDelayMs: 0 }
    const error = expectKeysweepError(
      await rejection(open({ ...lab, fetch: busy, credentials, retry }).deleteMany(['a'])),
    )
    expect(error.code).toBe('CredentialsFailed')
    expect(error.report.failed).toMatchObject([{ code: 'BadResponse', outcome: 'unknown', attempts: 1, status: 500 }])
  })

  it('stops when the signing server fails', async () => {
    const lab = await openLab(name)
    const cause = new Error('the signer is down')
    const credentials: RemoteKey = { accessKeyId: KEY_PAIR.accessKeyId, sign: () => Promise.reject(cause) }
    const error = expectKeysweepError(await rejection(open({ ...lab, credentials }).deleteMany(['a'])))
    expect(error).toMatchObject({ code: 'CredentialsFailed', cause })
    expect(lab.stats.requests).toBe(0)
  })

  const sources: readonly (readonly [
    what: string,
    keys: (cause: unknown) => Iterable<string> | AsyncIterable<string>,
  ])[] = [
    [
      'a generator',
      function* (cause) {
        yield* manyKeys(mostKeys + 3)
        throw cause
      },
    ],
    [
      'an asynchronous generator',
      async function* (cause) {
        yield* manyKeys(mostKeys + 3)
        throw cause
      },
    ],
    [
      'a stream',
      (cause) => {
        const keys = manyKeys(mostKeys + 3)
        return new ReadableStream<string>({
          pull(controller) {
            const key = keys.shift()
            if (key === undefined) controller.error(cause)
            else controller.enqueue(key)
          },
        })
      },
    ],
  ]
  for (const [what, source] of sources)
    it(`ends when ${what} fails, with what was taken before`, async () => {
      const lab = await openLab(name)
      const keys = manyKeys(mostKeys + 3)
      lab.fill(keys)
      const cause = new Error('no more')
      const error = expectKeysweepError(await rejection(open(lab).deleteMany(source(cause))))
      expect(error).toMatchObject({ name: 'KeysweepError', code: 'SourceFailed', provider: name })
      expect(error.cause).toBe(cause)
      expectAccounted(error.report, keys)
      expectHonest(error.report, lab)
      expect(error.report.resumeFrom).toBe(keys.length)
    })

  for (const callback of ['onAttempt', 'onProgress'] as const)
    for (const isAsync of [false, true])
      it(`ends when ${callback} ${isAsync ? 'rejects' : 'throws'}`, async () => {
        const lab = await openLab(name)
        const keys = manyKeys(mostKeys * 6)
        lab.fill(keys)
        const cause = new Error('not mine')
        const thrower = isAsync
          ? () => Promise.reject(cause)
          : () => {
              throw cause
            }
        const client = open({ ...lab, concurrency: 2, ...(callback === 'onAttempt' && { onAttempt: thrower }) })
        const options = callback === 'onProgress' ? { onProgress: thrower as () => void } : {}
        const error = expectKeysweepError(await rejection(client.deleteMany(keys, options)))
        expect(error).toMatchObject({ code: 'CallbackFailed' })
        expect(error.cause).toBe(cause)
        expectAccounted(error.report, keys.slice(0, error.report.resumeFrom))
        expectHonest(error.report, lab)
        expect(error.report.resumeFrom).toBeLessThan(keys.length)
      })

  it('gives a thrown value as it is, whatever it is', async () => {
    const lab = await openLab(name)
    for (const cause of ['text', 0, null, { some: 'object' }]) {
      const keys = async function* (): AsyncGenerator<ObjectKey> {
        yield 'a'
        throw cause
      }
      const error = expectKeysweepError(await rejection(open(lab).deleteMany(keys())))
      expect(error.cause).toBe(cause)
    }
  })
}
