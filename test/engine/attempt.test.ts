import { beforeEach, describe, expect, test, vi } from 'vitest'
import { CredentialCache } from '../../src/credential-cache.js'
import { type AttemptResult, attempt, MOST_ANSWER_BYTES, STOPPED } from '../../src/engine/attempt.js'
import type { Store } from '../../src/engine/store.js'
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from '../../src/http.js'
import type { Call } from '../../src/operation.js'
import { Redactor } from '../../src/redact.js'
import { Stop } from '../../src/stop.js'

const NOW = Date.UTC(2026, 0, 1)
const SKEW_MS = 7_000
const credentials = { accessKeyId: 'id', secretAccessKey: 'a-secret-of-mine' }
const mode = { quiet: false, bypassGovernance: false }
const request: HttpRequest = {
  ...{ method: 'POST', base: 'https://store.example', host: 'store.example', path: '/', query: '', headers: {} },
  body: new Uint8Array(12),
}
const answer: HttpAnswer = { status: 200, header: () => undefined, body: new Uint8Array(34) }
const call: Call<string, object> = {
  name: 'Call',
  encode: () => request,
  decode: () => ({ kind: 'outcomes' }),
}

function storeOf(transport: Transport, more: Partial<Store> = {}): Store {
  return {
    ...{ provider: 'test', concurrency: 1, timeoutMs: 500, skewMs: SKEW_MS, onAttempt: undefined, transport },
    ...{ random: () => 0.5, clock: () => new Date(NOW), redactor: new Redactor() },
    credentials: new CredentialCache(credentials, () => {}),
    authorize: async (unsigned) => ({ ...unsigned, headers: { authorization: 'signed' } }),
    retry: { maxAttempts: 1, baseDelayMs: 1, maxDelayMs: 1 },
    ...more,
  }
}

const made = (store: Store, { stop = new Stop(), operation = call } = {}): Promise<AttemptResult<object>> =>
  attempt(store, { operation, items: ['a', 'b'] }, mode, stop)
const never = () => new Promise<never>(() => {})

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 })
  vi.advanceTimersByTime(40)
  return () => void vi.useRealTimers()
})

describe('an attempt', () => {
  test('signs for the time as it was corrected, sends, and tells what came of it', async () => {
    const contexts: object[] = []
    const sent: unknown[] = []
    const store = storeOf(
      async (...all) => {
        sent.push(all[0].headers, all[2])
        vi.advanceTimersByTime(25)
        return answer
      },
      {
        authorize: async (unsigned, context) => {
          contexts.push(context)
          return { ...unsigned, headers: { authorization: 'signed' } }
        },
      },
    )
    expect(await made(store)).toEqual({
      ...{ verdict: { kind: 'outcomes' }, startedAt: performance.now() - 25, durationMs: 25, status: 200 },
      ...{ bytesSent: 12, bytesReceived: 34, sent: true, skewMs: SKEW_MS, credentials, cause: undefined },
    })
    expect(contexts).toMatchObject([
      { credentials, date: new Date(NOW + SKEW_MS), operation: 'Call', items: 2, nonce: expect.any(Function) },
    ])
    expect(sent).toEqual([{ authorization: 'signed' }, MOST_ANSWER_BYTES])
    expect([store.redactor.redact('a-secret-of-mine'), vi.getTimerCount()]).toEqual(['[redacted]', 0])
  })

  test('of a request without a body has sent no bytes', async () => {
    const { body: _, ...bodiless } = request
    const result = await made(
      storeOf(async () => answer),
      { operation: { ...call, encode: () => bodiless } },
    )
    expect([result.bytesSent, result.sent]).toEqual([0, true])
  })

  test('draws another nonce each time, of 32 digits', async () => {
    const nonces = new Set<string>()
    const store = storeOf(async () => answer, {
      authorize: async (unsigned, { nonce }) => {
        for (let count = 0; count < 50; count++) nonces.add(nonce())
        return unsigned
      },
    })
    await made(store)
    expect([nonces.size, [...nonces].every((nonce) => /^[0-9a-f]{32}$/.test(nonce))]).toEqual([50, true])
  })

  test('without credentials is none: nothing is sent, and it may pass', async () => {
    for (const [thrown, said] of [
      [new Error('no network'), 'no network'],
      ['a string', 'a string'],
    ]) {
      const cache = new CredentialCache(
        () => Promise.reject(thrown),
        () => {},
      )
      const result = await made(storeOf(() => expect.fail('sent'), { credentials: cache }))
      expect(result).toMatchObject({ sent: false, bytesSent: 0, bytesReceived: 0, cause: thrown })
      expect([result.status, result.credentials]).toEqual([undefined, undefined])
      expect(result.verdict).toEqual({
        ...{ kind: 'refusal', code: 'NotSent', message: `The credentials could not be had: ${said}` },
        ...{ remedy: 'retry', unsure: false, arrived: false, endsRunAs: 'CredentialsFailed' },
      })
    }
  })

  test('that nobody answers in time is given up: what was sent may have arrived', async () => {
    const stop = new Stop()
    const result = made(storeOf(never), { stop })
    await vi.advanceTimersByTimeAsync(499)
    expect(stop.reason).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(await result).toMatchObject({ sent: true, bytesSent: 12, durationMs: 500 })
    expect((await result).verdict).toEqual({
      ...{ kind: 'refusal', code: 'Timeout', message: 'No whole answer within 500 ms', remedy: 'retry' },
      ...{ unsure: true, arrived: true },
    })
    expect(stop.reason).toBeDefined()
  })

  test('that waits for credentials too long asks anew the next time', async () => {
    let asked = 0
    const cache = new CredentialCache(
      () => (++asked === 1 ? never() : Promise.resolve(credentials)),
      () => {},
    )
    const store = storeOf(async () => answer, { credentials: cache })
    const first = made(store)
    await vi.advanceTimersByTimeAsync(500)
    expect((await first).verdict).toMatchObject({ code: 'Timeout', unsure: false, arrived: false })
    expect((await made(store)).verdict).toEqual({ kind: 'outcomes' })
    expect(asked).toBe(2)
  })

  test('that times out with its credentials leaves those that others wait for', async () => {
    const abandon = vi.spyOn(CredentialCache.prototype, 'abandon')
    const result = made(storeOf(never))
    await vi.advanceTimersByTimeAsync(500)
    await result
    expect(abandon).not.toHaveBeenCalled()
    abandon.mockRestore()
  })

  test('that is stopped while it waits for credentials leaves them to others that wait', async () => {
    const abandon = vi.spyOn(CredentialCache.prototype, 'abandon')
    const stop = new Stop()
    const result = made(storeOf(never, { credentials: new CredentialCache(never, () => {}) }), { stop })
    await vi.advanceTimersByTimeAsync(1)
    stop.stop(STOPPED)
    expect((await result).verdict).toMatchObject({ code: 'Aborted', unsure: false })
    expect(abandon).not.toHaveBeenCalled()
    abandon.mockRestore()
  })

  test('is stopped from outside: unknown if it was sent, and not sent otherwise', async () => {
    for (const [stopped, transport, sent] of [
      ['before', () => expect.fail('sent'), false],
      ['after', never, true],
    ] as const) {
      const stop = new Stop()
      if (stopped === 'before') stop.stop(STOPPED)
      const result = made(storeOf(transport), { stop })
      await vi.advanceTimersByTimeAsync(1)
      stop.stop(STOPPED)
      expect((await result).sent).toBe(sent)
      expect((await result).verdict).toEqual({
        ...{ kind: 'refusal', code: 'Aborted', message: 'The run was aborted before the store had answered' },
        ...{ remedy: 'none', unsure: sent, arrived: sent },
      })
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  test('that is stopped while it signs is not sent', async () => {
    const stop = new Stop()
    const store = storeOf(() => expect.fail('sent'), {
      authorize: async (unsigned) => {
        stop.stop(STOPPED)
        return unsigned
      },
    })
    expect(await made(store, { stop })).toMatchObject({ sent: false, verdict: { code: 'Aborted', unsure: false } })
    await vi.advanceTimersByTimeAsync(1)
  })

  test.each([
    ['unsendable', false, { code: 'InvalidKey', message: 'why', remedy: 'none', unsure: false, arrived: false }, false],
    ['overflow', true, { code: 'BadResponse', message: 'why', remedy: 'retry', unsure: true, arrived: true }, true],
    ['network', true, { code: 'NetworkError', message: 'why', remedy: 'retry', unsure: true, arrived: true }, true],
    ['network', false, { code: 'NetworkError', message: 'why', remedy: 'retry', unsure: false, arrived: false }, true],
  ] as const)(
    'that fails on its way (%s, may have arrived: %s) says so',
    async (reason, mayHaveArrived, said, sent) => {
      const result = await made(storeOf(() => Promise.reject(new TransportError(reason, 'why', mayHaveArrived))))
      expect([result.verdict, result.sent]).toEqual([{ kind: 'refusal', ...said }, sent])
    },
  )

  test.each([
    [new Error('odd'), 'odd'],
    ['odder', 'odder'],
  ])('over a transport that throws %o may have arrived', async (thrown, said) => {
    const { verdict } = await made(storeOf(() => Promise.reject(thrown)))
    expect(verdict).toEqual({
      ...{ kind: 'refusal', code: 'NetworkError', message: `The transport threw: ${said}` },
      ...{ remedy: 'retry', unsure: true },
    })
  })

  test('rejects where a callback threw before anything was sent', async () => {
    const clock = () => {
      throw new Error('no time')
    }
    await expect(made(storeOf(async () => answer, { clock }))).rejects.toThrow('no time')
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a rehearsal encodes, and sends nothing', async () => {
  const errand = { operation: call, items: ['a'] }
  const store = storeOf(() => expect.fail('sent'))
  const rehearsed = (rehearsal: typeof errand) => attempt(store, rehearsal, mode, new Stop(), true)
  const expected = { verdict: { kind: 'planned' }, bytesSent: 12, bytesReceived: 0, sent: false }
  expect(await rehearsed(errand)).toMatchObject(expected)
  const { body: _, ...bodiless } = request
  const without = { ...errand, operation: { ...call, encode: () => bodiless } }
  expect((await rehearsed(without)).bytesSent).toBe(0)
})
