import { EsaKvClient, type KeysweepError } from 'keysweep'
import { createEmulator } from 'keysweep/emulator'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { signedAt } from '../../examples/secrets/in-the-page.js'
import { type Cloud, invocations, post } from '../../examples/worker/invocations.js'
import { KEYS } from '../../examples/worker/keys.js'
import { startWorkers, type Workers } from '../../examples/worker/workers.js'

// The workers of examples/worker, in workerd.

let workers: Workers
const said: string[] = []

beforeAll(async () => {
  workers = await startWorkers((line) => said.push(line))
})

afterAll(() => workers.stop())

const cloud = (): Promise<Cloud> => post(workers.origins.cloud, {})

test('200,000 keys are deleted across invocations, each below the 50 requests and 6 connections it may have', async () => {
  const faults = { latencyMs: 20, status: { 503: 0.05 }, keyErrors: { AccessDenied: 0.0001 } }
  let { requests } = await post<Cloud>(`${workers.origins.cloud}/fill`, faults)
  const each: number[] = []
  const failed = new Set<string>()
  let deleted = 0
  for await (const progress of invocations(workers.origins.sweep, 'example-token')) {
    deleted += progress.deleted
    for (const { key, code } of progress.failed) {
      expect(code).toBe('AccessDenied')
      failed.add(key)
    }
    const now = await cloud()
    each.push(now.requests - requests)
    requests = now.requests
    expect(now.left).toBe(KEYS - deleted)
  }
  // All but the last use up what they may.
  expect(each.slice(0, -1)).toEqual(Array(each.length - 1).fill(45))
  expect(each.length).toBeGreaterThan(KEYS / 1000 / 45)
  expect(deleted + failed.size).toBe(KEYS)
  expect(failed.size).toBeGreaterThan(0)
  expect(await cloud()).toMatchObject({ left: failed.size, mostAtOnce: 6 })
}, 120_000)

test('nobody but who has the token has keys deleted', async () => {
  const before = await cloud()
  const everything = JSON.stringify({ from: 0, again: [] })
  for (const authorization of [
    '',
    'Bearer ',
    'Bearer undefined',
    'Bearer example',
    'Bearer example-token-2',
    'example-token',
  ]) {
    const init = { method: 'POST', headers: { authorization }, body: everything }
    const answer = await fetch(workers.origins.sweep, init)
    expect([authorization, answer.status]).toEqual([authorization, 403])
  }
  expect(await cloud()).toEqual(before)
})

describe('the worker that signs', () => {
  const emulator = createEmulator()
  const open = (namespace: string) =>
    new EsaKvClient({
      namespace,
      credentials: signedAt(workers.origins.sign, 'emulator-key'),
      fetch: emulator.fetch,
      retry: { maxAttempts: 1 },
    })

  /** Sends what the page asks with the cookie of somebody who is signed in. */
  function signIn(session: string): void {
    const { fetch } = globalThis
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      fetch(url, { ...init, headers: { ...init.headers, cookie: `theme=dark; session=${session}` } }),
    )
  }

  afterAll(() => {
    vi.unstubAllGlobals()
  })

  test('lets a page delete that holds no secret, and nothing it may not', async () => {
    for (const namespace of ['sessions', 'accounts']) emulator.state.create('alibaba-esa', namespace)
    emulator.state.put('alibaba-esa', 'sessions', 'a')
    const refusal = (namespace: string) =>
      open(namespace)
        .deleteMany(['a'])
        .catch(({ code, message }: KeysweepError) => `${code}: ${message}`)
    expect(await refusal('sessions')).toMatch(/CredentialsFailed: .*you may not delete here/)
    signIn('example-session')
    expect(await refusal('accounts')).toMatch(/CredentialsFailed: .*only deletions from the one namespace/)
    expect((await open('sessions').deleteMany(['a'])).deleted).toEqual([{ key: 'a' }])
    expect(emulator.state.size('alibaba-esa', 'sessions')).toBe(0)
  })
})

test('no worker was warned of its secret: there is no page to read it', () => {
  expect(said).toEqual([])
})
