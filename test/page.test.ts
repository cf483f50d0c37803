import { CtyunZosClient, EsaKvClient, type KeyPair, S3StorageClient } from 'keysweep'
import { createEmulator } from 'keysweep/emulator'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CONCURRENCY } from '../src/runtime/edge/concurrency.js'

// What the web half does in a page. Here the page is pretended; test/pages opens real ones.

const isWeb = process.env.KEYSWEEP_HALF === 'web'
const pair = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
const bucket = { bucket: 'photos', region: 'us-east-1' }
const retry = { maxAttempts: 1 }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('outside a page a plain secret is nobody’s business', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  new S3StorageClient({ ...bucket, credentials: pair })
  expect(warn).not.toHaveBeenCalled()
})

test('an edge worker has no more requests in flight than it may have connections', () => {
  expect(CONCURRENCY).toBe(6)
})

describe('in a page', () => {
  beforeEach(() => {
    vi.stubGlobal('document', {})
    vi.stubGlobal('location', { href: 'https://app.example/sweep/index.html' })
  })

  test('a plain secret is warned of once, and nothing else is', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const open = (credentials: KeyPair | (() => KeyPair)) => new S3StorageClient({ ...bucket, credentials })
    open({ ...pair, sessionToken: 'token' })
    open(() => pair)
    new S3StorageClient({ ...bucket, credentials: { accessKeyId: 'k', sign: async () => '' } })
    expect(warn).not.toHaveBeenCalled()
    open(pair)
    open(pair)
    expect(warn).toHaveBeenCalledTimes(isWeb ? 1 : 0)
    for (const [message] of warn.mock.calls) expect(message).toMatch(/`sign`.*temporary/)
    expect(JSON.stringify(warn.mock.calls)).not.toContain('emulator-secret')
  })

  const cases = {
    'a store that knows pages': [
      () => new S3StorageClient({ ...bucket, retry, credentials: () => pair }),
      "does not allow this page's origin (CORS)",
    ],
    ESA: [() => new EsaKvClient({ namespace: 'n', retry, credentials: () => pair }), 'set endpoint to a proxy'],
    CTyun: [
      () => new CtyunZosClient({ bucket: 'b', regionId: 'r', retry, credentials: () => pair }),
      'set endpoint to a proxy',
    ],
    'ESA behind a proxy': [
      () =>
        new EsaKvClient({
          namespace: 'n',
          retry,
          credentials: () => pair,
          endpoint: 'https://app.example/proxy',
          signingHost: 'esa.cn-hangzhou.aliyuncs.com',
        }),
      "does not allow this page's origin (CORS)",
    ],
  } as const

  // The Node half has no fetch to replace here.
  test.each(isWeb ? Object.entries(cases) : [])('%s: what gets no answer says why', async (_, [open, advice]) => {
    const fetch = vi.fn(async () => {
      throw new TypeError('Failed to fetch')
    })
    vi.stubGlobal('fetch', fetch)
    const { failed } = await open().deleteMany(['a'])
    expect(failed).toMatchObject([{ code: 'NetworkError', outcome: 'unknown' }])
    expect(failed[0]?.message).toContain(advice)
    expect(failed[0]?.message).toContain('(Failed to fetch)')
  })

  test('an endpoint may be a path of the page’s own site', async () => {
    const emulator = createEmulator()
    emulator.state.create('alibaba-esa', 'sessions')
    emulator.state.put('alibaba-esa', 'sessions', 'a')
    const asked: string[] = []
    const open = () =>
      new EsaKvClient({
        namespace: 'sessions',
        credentials: pair,
        endpoint: '/proxy/esa',
        signingHost: 'esa.cn-hangzhou.aliyuncs.com',
        fetch: (request) => {
          asked.push(request.url)
          const { search } = new URL(request.url)
          return emulator.fetch(new Request(`https://esa.cn-hangzhou.aliyuncs.com/${search}`, request))
        },
      })
    if (!isWeb) return expect(open).toThrow('endpoint must be an absolute https: URL')
    const { deleted } = await open().deleteMany(['a'])
    expect(deleted).toEqual([{ key: 'a' }])
    expect(asked).toEqual(['https://app.example/proxy/esa/?Namespace=sessions'])
  })
})

test('outside a page an endpoint is no path', () => {
  const open = () => new EsaKvClient({ namespace: 'n', credentials: pair, endpoint: '/proxy/esa' })
  expect(open).toThrow('endpoint must be an absolute https: URL')
})
