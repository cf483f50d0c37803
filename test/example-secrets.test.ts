import { EsaKvClient, type KeyPair, type KeysweepError, S3StorageClient, type SigningRequest } from 'keysweep'
import { createEmulator, type Emulator } from 'keysweep/emulator'
import { serve } from 'srvx'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ProxyOptions, proxy } from '../examples/proxy/proxy.js'
import { hasSession, hasToken } from '../examples/secrets/callers.js'
import { credentialsEndpoint } from '../examples/secrets/credentials-endpoint.js'
import { sha256 } from '../examples/secrets/digests.js'
import { signedAt, temporaryFrom } from '../examples/secrets/in-the-page.js'
import { signEsa } from '../examples/secrets/sign-esa.js'
import { signS3 } from '../examples/secrets/sign-s3.js'
import { type Sign, signingEndpoint } from '../examples/secrets/signing-endpoint.js'

// The secret is known to the emulator and to the endpoints, and to no client.
const secretAccessKey = 'emulator-secret'
const KEYS = Array.from({ length: 1500 }, (_, index) => `a/${index}.jpg`)
const S3_HOST = 's3.us-east-1.amazonaws.com'
const ESA_HOST = 'esa.cn-hangzhou.aliyuncs.com'
const SITE = 'https://app.example'
const GLOBAL_FETCH = globalThis.fetch

let emulator: Emulator

beforeEach(() => {
  emulator = createEmulator()
  emulator.state.create('s3', 'photos')
  emulator.state.create('s3', 'invoices')
  emulator.state.create('alibaba-esa', 'sessions')
  for (const key of KEYS) {
    emulator.state.put('s3', 'photos', key)
    emulator.state.put('alibaba-esa', 'sessions', key)
  }
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Puts a site behind `fetch`, as the page's own server is. */
function publish(endpoint: (request: Request) => Promise<Response>) {
  const asked = vi.fn(endpoint)
  vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) => {
    const url = input instanceof Request ? input : new URL(input, SITE)
    return asked(new Request(url, init))
  })
  return asked
}

const everybody = () => true
const signsS3 = signS3({ secretAccessKey, region: 'us-east-1', host: S3_HOST, bucket: 'photos' })
const signsEsa = signEsa({ secretAccessKey, namespace: 'sessions' })

const s3 = (options: object = {}) =>
  new S3StorageClient({
    bucket: 'photos',
    region: 'us-east-1',
    credentials: signedAt('/sign', 'emulator-key'),
    fetch: emulator.fetch,
    ...options,
  })

const esa = (options: object = {}) =>
  new EsaKvClient({
    namespace: 'sessions',
    credentials: signedAt('/sign', 'emulator-key'),
    fetch: emulator.fetch,
    ...options,
  })

const rejection = (run: Promise<unknown>): Promise<KeysweepError> =>
  run.then(
    () => Promise.reject(new Error('the run did not reject')),
    (error) => error,
  )

describe('a page whose server signs', () => {
  test('deletes from a bucket', async () => {
    const asked = publish(signingEndpoint({ sign: signsS3, mayDelete: everybody }))
    const { deleted, stats } = await s3().deleteMany(KEYS)
    expect([deleted.length, stats.requests, asked.mock.calls.length]).toEqual([1500, 2, 2])
    expect(emulator.state.size('s3', 'photos')).toBe(0)
  })

  test('deletes from a key-value store', async () => {
    publish(signingEndpoint({ sign: signsEsa, mayDelete: everybody }))
    expect((await esa().deleteMany(KEYS)).deleted).toHaveLength(1500)
    expect(emulator.state.size('alibaba-esa', 'sessions')).toBe(0)
  })

  const retry = { maxAttempts: 1 }
  const foreign = {
    'of another bucket': () => s3({ bucket: 'invoices', retry }),
    'in another region': () => s3({ region: 'eu-central-1', endpoint: `https://${S3_HOST}`, retry }),
    'at another host': () => s3({ endpoint: 'https://s3.eu-central-1.amazonaws.com', retry }),
    'with another key’s token': () =>
      s3({ credentials: { ...signedAt('/sign', 'emulator-key'), sessionToken: 't' }, retry }),
    'of an hour ago': () => s3({ clock: () => new Date(Date.now() - 3_600_000), retry }),
    'of an hour ahead': () => s3({ clock: () => new Date(Date.now() + 3_600_000), retry }),
    'under another checksum': () => s3({ integrity: 'crc32', retry }),
  }

  test.each(Object.entries(foreign))('is refused a signature %s', async (_, open) => {
    const asked = publish(signingEndpoint({ sign: signsS3, mayDelete: everybody }))
    const { code, report } = await rejection(open().deleteMany(['a/1.jpg']))
    expect(code).toBe('CredentialsFailed')
    expect(report?.failed).toMatchObject([{ code: 'NotSent', outcome: 'not-sent' }])
    expect(asked).toHaveBeenCalledOnce()
    expect(emulator.stats.s3.requests).toBe(0)
  })

  test('is refused a signature that lifts a retention, or deletes a single object', async () => {
    publish(signingEndpoint({ sign: signsS3, mayDelete: everybody }))
    const lifting = rejection(s3({ retry }).deleteMany(['a/1.jpg'], { bypassGovernance: true }))
    expect((await lifting).message).toContain('other headers are signed than those of a deletion')
    expect((await rejection(s3({ retry }).deleteMany(['nul\0']))).message).toContain(
      'only deletions from the one bucket',
    )
    expect(emulator.stats.s3.requests).toBe(0)
  })

  test.each([
    ['another namespace', () => esa({ namespace: 'accounts', retry }).deleteMany(['k'])],
    ['another host', () => esa({ endpoint: 'https://esa.ap-southeast-1.aliyuncs.com', retry }).deleteMany(['k'])],
    ['a put', () => esa({ retry }).putMany([{ key: 'k', value: 'v' }])],
    [
      'another key’s token',
      () => esa({ credentials: { ...signedAt('/sign', 'emulator-key'), sessionToken: 't' }, retry }).deleteMany(['k']),
    ],
    ['an old date', () => esa({ clock: () => new Date(Date.now() - 600_000), retry }).deleteMany(['k'])],
  ])('is refused a signature for %s by ACS3', async (_, run) => {
    publish(signingEndpoint({ sign: signsEsa, mayDelete: everybody }))
    expect((await rejection(run())).code).toBe('CredentialsFailed')
    expect(emulator.stats['alibaba-esa'].requests).toBe(0)
  })

  test('is refused where nobody is signed in', async () => {
    publish(signingEndpoint({ sign: signsS3, mayDelete: ({ headers }) => headers.has('cookie') }))
    const { message } = await rejection(s3({ retry }).deleteMany(['a/1.jpg']))
    expect(message).toContain('you may not delete here')
  })
})

describe('the signing endpoint', () => {
  /** What a page may rightly ask for. */
  async function rightful(open: (credentials: object) => S3StorageClient | EsaKvClient): Promise<SigningRequest> {
    let asked: SigningRequest | undefined
    const sign = async (request: SigningRequest) => {
      asked = request
      return ''
    }
    await rejection(open({ credentials: { accessKeyId: 'emulator-key', sign } }).deleteMany(['k']))
    return asked as SigningRequest
  }

  const ask = async (sign: Sign, body: unknown, method = 'POST') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const init = method === 'POST' ? { method, body: text } : { method }
    const answer = await signingEndpoint({ sign, mayDelete: everybody })(new Request(`${SITE}/sign`, init))
    return `${answer.status} ${await answer.text()}`
  }

  const schemes = [
    ['SigV4', signsS3, s3, 'AWS4'],
    ['ACS3', signsEsa, esa, 'ACS3'],
  ] as const

  test.each(schemes)('%s: signs what it should, and nothing that was changed', async (_, sign, open) => {
    const asked = await rightful(open)
    expect(await ask(sign, asked)).toMatch(/^200 [0-9a-f]{64}$/)
    const { canonicalRequest = '', stringToSign } = asked
    const changed: Record<string, object> = {
      'another body': { canonicalRequest: canonicalRequest.replace(/[0-9a-f]{64}$/, '0'.repeat(64)) },
      'another hash': { stringToSign: stringToSign.replace(/[0-9a-f]{64}$/, '0'.repeat(64)) },
      'no canonical request': { canonicalRequest: undefined },
      'too many keys': { items: 10_001 },
      'no number of keys': { items: 'many' },
      'a number of keys as text': { items: '1' },
      'a number of keys in a list': { items: [1] },
      'part of a key': { items: 1.5 },
      'another operation': { operation: 'DeleteObject' },
      'another method': { canonicalRequest: canonicalRequest.replace('POST', 'PUT') },
      'another algorithm': { stringToSign: stringToSign.replace('HMAC-SHA256', 'HMAC-SHA1') },
    }
    for (const [name, change] of Object.entries(changed))
      expect(`${name}: ${await ask(sign, { ...asked, ...change })}`).toMatch(/: 400 /)
  })

  // Each with its own string to sign: only the canonical request is not what it should be.
  const forgeries: Record<string, (canonicalRequest: string, hash: string) => string> = {
    'of a body it has no hash of': (text, hash) => text.replaceAll(hash, 'UNSIGNED-PAYLOAD'),
    'of a body that is streamed': (text, hash) => text.replaceAll(hash, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'),
    'of a body with two hashes': (text, hash) => text.replace(new RegExp(`${hash}$`), '0'.repeat(64)),
    'of a body with half a hash': (text, hash) => text.replaceAll(hash, hash.slice(0, 32)),
    'of a body with an empty MD5': (text) => text.replace(/^content-md5:.*$/m, 'content-md5:'),
    'of a body with half an MD5': (text) => text.replace(/^content-md5:.*$/m, 'content-md5:MD5='),
    'of another content type': (text) => text.replace(/^content-type:.*$/m, 'content-type:text/plain'),
    'with a line more': (text) => text.replace('\n\n', '\nx-amz-bypass-governance-retention:true\n\n'),
    'with a header that is not signed': (text) => text.replace(/^host:/m, 'x-acs-security-token:t\nhost:'),
    'with a header twice': (text) => text.replace(/^(x-(amz|acs)-date:.*)$/m, '$1\n$1'),
    'with headers in another order': (text) => text.replace(/^(content-type:.*)\n(host:.*)$/m, '$2\n$1'),
    'with a line behind': (text) => `${text}\n`,
    'without a nonce': (text) => text.replace(/^x-acs-signature-nonce:.*$/m, 'x-acs-signature-nonce:'),
  }

  test.each(schemes)('%s: signs nothing but a deletion, to the last line', async (_, sign, open) => {
    const asked = await rightful(open)
    const { canonicalRequest = '', stringToSign } = asked
    const hash = canonicalRequest.slice(-64)
    for (const [name, change] of Object.entries(forgeries)) {
      const changed = change(canonicalRequest, hash)
      if (changed === canonicalRequest) continue
      const forged = { canonicalRequest: changed, stringToSign: stringToSign.slice(0, -64) + (await sha256(changed)) }
      expect(`${name}: ${await ask(sign, { ...asked, ...forged })}`).toMatch(/: 400 /)
    }
  })

  test('reads no further than it must', async () => {
    let read = 0
    const long = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1000))
        read += 1000
        if (read === 1_000_000) controller.close()
      },
    })
    const endpoint = signingEndpoint({ sign: signsS3, mayDelete: everybody })
    const init = { method: 'POST', body: long, duplex: 'half' } as const
    expect((await endpoint(new Request(`${SITE}/sign`, init))).status).toBe(400)
    expect(read).toBeLessThan(20_000)
  })

  test.each(['', '[]', 'null', '"text"', '{', 'x'.repeat(100_000)])('answers nonsense with 400', async (body) => {
    expect(await ask(signsS3, body)).toMatch(/^400 /)
  })

  test('answers no other method', async () => {
    expect(await ask(signsS3, '', 'GET')).toBe('405 only POST')
  })

  test('a secret that is not set is nobody’s', async () => {
    const open = (headers: Record<string, string>) => new Request(SITE, { headers })
    expect(await hasSession(open({ cookie: 'session=undefined' }), undefined as unknown as string)).toBe(false)
    expect(await hasSession(open({ cookie: 'session=' }), '')).toBe(false)
    expect(await hasToken(open({ authorization: 'Bearer undefined' }), undefined as unknown as string)).toBe(false)
    expect(await hasToken(open({ authorization: 'Bearer ' }), '')).toBe(false)
  })

  test('tells nobody its secret', async () => {
    for (const [, sign, open] of schemes)
      for (const body of [await rightful(open), '{}']) expect(await ask(sign, body)).not.toContain(secretAccessKey)
  })

  test('is a server of its own in Node', async () => {
    const settings = {
      SIGNING_SECRET_ACCESS_KEY: secretAccessKey,
      SIGNING_REGION: 'us-east-1',
      SIGNING_HOST: S3_HOST,
      SIGNING_BUCKET: 'photos',
      SIGNING_SESSION: 'mine',
      PORT: '0',
    }
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
    const told = vi.spyOn(console, 'log').mockReturnValue()
    const { server } = await import('../examples/node/signing-server.js')
    try {
      const [[url]] = told.mock.calls as [[string]]
      vi.stubGlobal('fetch', (_: string, init: RequestInit) => GLOBAL_FETCH(url, init))
      const { message } = await rejection(s3({ retry: { maxAttempts: 1 } }).deleteMany(KEYS))
      expect(message).toContain('you may not delete here')
      const signIn = (cookie: string) =>
        vi.stubGlobal('fetch', (_: string, init: RequestInit) => GLOBAL_FETCH(url, { ...init, headers: { cookie } }))
      for (const cookie of ['session=yours', 'session=mine too', 'session=', 'my-session=mine']) {
        signIn(cookie)
        expect((await rejection(s3({ retry: { maxAttempts: 1 } }).deleteMany(KEYS))).code).toBe('CredentialsFailed')
      }
      // A site may set other cookies.
      signIn('theme=dark; session=mine; seen=1')
      expect((await s3().deleteMany(KEYS)).deleted).toHaveLength(1500)
    } finally {
      await server.close(true)
      vi.unstubAllEnvs()
      told.mockRestore()
    }
  })
})

describe('a page with temporary credentials', () => {
  const HOUR_MS = 3_600_000

  test('fetches them, and fetches them again when they expire', async () => {
    let now = Date.now()
    const clock = () => new Date(now)
    const issued = (count: number): Required<KeyPair> => ({
      accessKeyId: `temporary-${count}`,
      secretAccessKey: `secret-${count}`,
      sessionToken: `token-${count}`,
      expiration: new Date(Date.now() + count * HOUR_MS),
    })
    emulator = createEmulator({ credentials: [issued(1), issued(2)], clock })
    emulator.state.create('s3', 'photos')
    let count = 0
    const endpoint = credentialsEndpoint({ assumeRole: async () => issued(++count), mayDelete: everybody })
    const asked = publish(endpoint)
    const store = s3({ credentials: temporaryFrom('/credentials'), fetch: emulator.fetch, clock })
    expect((await store.deleteMany(KEYS)).deleted).toHaveLength(1500)
    expect(asked).toHaveBeenCalledOnce()
    now += HOUR_MS
    expect((await store.deleteMany(KEYS)).deleted).toHaveLength(1500)
    expect(asked).toHaveBeenCalledTimes(2)
    const answer = await asked.mock.results[0]?.value
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('gets none where nobody is signed in', async () => {
    const assumeRole = vi.fn()
    publish(credentialsEndpoint({ assumeRole, mayDelete: () => false }))
    const store = s3({ credentials: temporaryFrom('/credentials'), retry: { maxAttempts: 1 } })
    const { code, message } = await rejection(store.deleteMany(['a']))
    expect([code, message]).toEqual(['CredentialsFailed', expect.stringContaining('you may not delete here')])
    expect(assumeRole).not.toHaveBeenCalled()
  })
})

describe('the proxy', () => {
  const through = (options: Partial<ProxyOptions> = {}) =>
    proxy({
      path: '/proxy/esa',
      upstream: `https://${ESA_HOST}`,
      calls: ['/'],
      actions: ['BatchDeleteKv'],
      mayUse: everybody,
      fetch: upstream,
      ...options,
    })
  const upstream = vi.fn((request: Request): Promise<Response> => emulator.fetch(request))

  beforeEach(() => {
    upstream.mockClear()
  })

  test('passes on what is signed for the provider, and no cookie', async () => {
    const server = serve({ hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false, fetch: through() })
    await server.ready()
    const credentials = { accessKeyId: 'emulator-key', secretAccessKey }
    const store = esa({
      credentials,
      endpoint: `${server.url}proxy/esa`,
      signingHost: ESA_HOST,
      fetch: (request: Request) => {
        const headers = new Headers(request.headers)
        headers.set('cookie', 'session=mine')
        return GLOBAL_FETCH(new Request(request, { headers }))
      },
    })
    try {
      expect((await store.deleteMany(KEYS)).deleted).toHaveLength(1500)
      const [[request]] = upstream.mock.calls as [[Request]]
      expect([request.url, request.headers.get('cookie')]).toEqual([`https://${ESA_HOST}/?Namespace=sessions`, null])
    } finally {
      await server.close(true)
    }
  })

  test('is a server of its own in Node, for two providers', async () => {
    vi.stubEnv('PORT', '0')
    vi.stubEnv('PROXY_SESSION', 'mine')
    vi.stubGlobal('fetch', async (request: Request) => new Response(request.url))
    const told = vi.spyOn(console, 'log').mockReturnValue()
    const { server } = await import('../examples/node/proxy-server.js')
    try {
      const [[url]] = told.mock.calls as [[string]]
      const reached = async (path: string, headers: Record<string, string> = {}) => {
        const signedIn = { cookie: 'theme=dark; session=mine', ...headers }
        const answer = await GLOBAL_FETCH(url + path, { method: 'POST', headers: signedIn })
        return `${answer.status} ${await answer.text()}`
      }
      const deletion = { 'x-acs-action': 'BatchDeleteKv' }
      const esaPath = 'proxy/esa/?Namespace=sessions'
      expect(await reached(esaPath, deletion)).toBe(`200 https://${ESA_HOST}/?Namespace=sessions`)
      expect(await reached(esaPath)).toBe('404 not found')
      expect(await reached(esaPath, { ...deletion, cookie: 'session=yours' })).toBe('403 you may not use this')
      expect(await reached(esaPath, { ...deletion, origin: 'https://evil.example' })).toBe('403 you may not use this')
      const call = '/v4/oss/delete-objects'
      expect(await reached(`proxy/ctyun${call}`)).toBe(`200 https://zos-global.ctapi.ctyun.cn${call}`)
      expect(await reached('proxy/ctyun/v4/oss/other')).toBe('404 not found')
    } finally {
      await server.close(true)
      vi.unstubAllEnvs()
      told.mockRestore()
    }
  })

  test.each([
    ['GET', '/proxy/esa/?Namespace=sessions'],
    ['POST', '/proxy/esa'],
    ['POST', '/proxy/esa/other'],
    ['POST', '/proxy/esa/../esa2/'],
    ['POST', '/proxy/esa@evil.example/'],
    ['POST', '/elsewhere/'],
  ])('does not pass on %s %s', async (method, path) => {
    const headers = { 'x-acs-action': 'BatchDeleteKv' }
    expect((await through()(new Request(SITE + path, { method, headers }))).status).toBe(404)
    expect(upstream).not.toHaveBeenCalled()
  })

  const call = (headers: Record<string, string>, body: BodyInit = '', query = '?Namespace=sessions') =>
    new Request(`${SITE}/proxy/esa/${query}`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  const deletion = { 'x-acs-action': 'BatchDeleteKv' }

  test.each<[what: string, headers: Record<string, string>, query?: string]>([
    ['another action', { 'x-acs-action': 'DeleteKvNamespace' }],
    ['two actions', { 'x-acs-action': 'BatchDeleteKv, DeleteKvNamespace' }],
    ['no action', {}],
    ['another action in the query', deletion, '?Namespace=sessions&Action=DeleteKvNamespace'],
    ['the same in other letters', deletion, '?%61ction=DeleteKvNamespace'],
  ])('does not pass on %s', async (_, headers, query) => {
    expect((await through()(call(headers, '', query))).status).toBe(404)
    expect(upstream).not.toHaveBeenCalled()
  })

  test('passes on no action where none is allowed', async () => {
    expect((await through({ actions: [] })(call(deletion))).status).toBe(404)
    expect((await through({ actions: [] })(call({}))).status).not.toBe(404)
    expect(upstream).toHaveBeenCalledOnce()
  })

  test.each<[who: string, status: number, headers: Record<string, string>]>([
    ['a page of this site', 200, { 'sec-fetch-site': 'same-origin', origin: SITE }],
    ['a page of this site in an older browser', 200, { origin: SITE }],
    ['a page of another site', 403, { 'sec-fetch-site': 'cross-site', origin: SITE }],
    ['a page of a neighbouring site', 403, { 'sec-fetch-site': 'same-site' }],
    ['a page of another site in an older browser', 403, { origin: 'https://evil.example' }],
    ['a page of no site', 403, { origin: 'null' }],
    ['a program', 200, {}],
  ])('%s gets %i', async (_, status, headers) => {
    const answer = vi.fn(async () => new Response())
    expect((await through({ fetch: answer })(call({ ...deletion, ...headers }))).status).toBe(status)
    expect(answer).toHaveBeenCalledTimes(status === 200 ? 1 : 0)
  })

  test('passes on nothing from whoever may not use it', async () => {
    expect((await through({ mayUse: async () => false })(call(deletion))).status).toBe(403)
    expect(upstream).not.toHaveBeenCalled()
  })

  test('passes on as much as the provider takes, and reads no further', async () => {
    const taken = vi.fn(async (request: Request) => new Response(String((await request.arrayBuffer()).byteLength)))
    const most = await through({ fetch: taken })(call(deletion, 'x'.repeat(2_000_000)))
    expect([most.status, await most.text()]).toEqual([200, '2000000'])
    let read = 0
    const long = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(100_000))
        read += 100_000
        if (read === 10_000_000) controller.close()
      },
    })
    expect((await through({ fetch: taken })(call(deletion, long))).status).toBe(413)
    expect(taken).toHaveBeenCalledOnce()
    expect(read).toBeLessThan(3_000_000)
  })
})
