import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createEmulator, type Emulator } from 'keysweep/emulator'
import type { Browser, JSHandle, Page } from 'playwright-core'
import { type Server, serve } from 'srvx'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { proxy } from '../../proxy/proxy.js'
import { hasSession } from '../../secrets/callers.js'
import { credentialsEndpoint } from '../../secrets/credentials-endpoint.js'
import { signEsa } from '../../secrets/sign-esa.js'
import { signingEndpoint } from '../../secrets/signing-endpoint.js'
import { launchChromium } from './chromium.js'

// Clients in a page of Chromium: what they say of secrets and of CORS, and how a page does without either.

const ESA_HOST = 'esa.cn-hangzhou.aliyuncs.com'
const CTYUN_HOST = 'zos-global.ctapi.ctyun.cn'
const pair = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
const temporary = { accessKeyId: 'temporary-key', secretAccessKey: 'temporary-secret', sessionToken: 'token' }

let browser: Browser
let page: Page
/** The package, as the page has imported it. */
let imported: JSHandle<Library>
let site: Server
/** Answers every request, and allows no page to call it. */
let closed: Server
let emulator: Emulator
/** What the page imports: the package as its users bundle it, and what examples/secrets has for pages. */
let library: string
const said: string[] = []

const start = async (fetch: (request: Request) => Response | Promise<Response>): Promise<Server> => {
  const server = serve({ hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false, fetch })
  await server.ready()
  return server
}

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from 'keysweep'\nexport * from '../../secrets/in-the-page.ts'`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    tsconfigRaw: {},
    logLevel: 'error',
    write: false,
  })
  library = outputFiles[0]?.text ?? ''
  browser = await launchChromium()
  closed = await start(() => Response.json({}))
  const mayDelete = (caller: Request) => hasSession(caller, 'mine')
  const common = { mayUse: mayDelete, fetch: (request: Request) => emulator.fetch(request) }
  const esa = proxy({
    path: '/proxy/esa',
    upstream: `https://${ESA_HOST}`,
    calls: ['/'],
    actions: ['BatchDeleteKv'],
    ...common,
  })
  const ctyun = proxy({
    path: '/proxy/ctyun',
    upstream: `https://${CTYUN_HOST}`,
    calls: ['/v4/oss/delete-objects'],
    ...common,
  })
  const sign = signingEndpoint({ sign: signEsa({ ...pair, namespace: 'sessions' }), mayDelete })
  const credentials = credentialsEndpoint({
    assumeRole: async () => ({ ...temporary, expiration: new Date(Date.now() + 3_600_000) }),
    mayDelete,
  })
  const page = () => new Response('<title>A page</title>', { headers: { 'content-type': 'text/html' } })
  const script = () => new Response(library, { headers: { 'content-type': 'text/javascript' } })
  const doors: Readonly<Record<string, (request: Request) => Response | Promise<Response>>> = {
    '/': page,
    '/library.js': script,
    '/sign': sign,
    '/credentials': credentials,
  }
  site = await start((request) => {
    const { pathname } = new URL(request.url)
    return doors[pathname]?.(request) ?? (pathname.startsWith('/proxy/esa/') ? esa : ctyun)(request)
  })
})

afterAll(async () => {
  await browser?.close()
  await site?.close(true)
  await closed?.close(true)
})

beforeEach(async () => {
  emulator = createEmulator({ credentials: [pair, temporary] })
  said.length = 0
  page = await browser.newPage()
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  await page.goto(site.url ?? '')
  imported = await page.evaluateHandle<Library>(`import('/library.js')`)
})

afterEach(() => page.close())

const warnings = () => said.filter((line) => line.startsWith('warning: keysweep'))

type Library = typeof import('keysweep') & typeof import('../../secrets/in-the-page.js')

describe('a client with a secret', () => {
  test('warns once in a page', async () => {
    await page.evaluate(
      async ([{ EsaKvClient, S3StorageClient }, credentials]) => {
        for (let count = 0; count < 3; count++) new S3StorageClient({ bucket: 'b', region: 'r', credentials })
        new EsaKvClient({ namespace: 'n', credentials })
      },
      [imported, pair] as const,
    )
    expect(warnings()).toHaveLength(1)
    expect(warnings()[0]).toMatch(/secretAccessKey.*`sign`.*temporary/)
    expect(said.join()).not.toContain(pair.secretAccessKey)
  })

  test('warns in a worker of a page too', async () => {
    const warned = page.waitForEvent('console')
    await page.evaluate((credentials) => {
      const program = `
        const { S3StorageClient } = await import('${location.origin}/library.js')
        new S3StorageClient({ bucket: 'b', region: 'r', credentials: ${JSON.stringify(credentials)} })`
      new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })), { type: 'module' })
    }, pair)
    expect((await warned).text()).toMatch(/^keysweep: /)
  })

  test('warns of nothing that may be in a page', async () => {
    await page.evaluate(
      async ([{ S3StorageClient, temporaryFrom, signedAt }, given]) => {
        for (const credentials of [
          { ...given, sessionToken: 'token' },
          () => given,
          temporaryFrom('/credentials'),
          signedAt('/sign', 'key'),
        ])
          new S3StorageClient({ bucket: 'b', region: 'r', credentials })
      },
      [imported, pair] as const,
    )
    expect(said).toEqual([])
  })
})

test('a request that the server does not allow the page fails with advice for its provider', async () => {
  const told = await page.evaluate(
    async ([{ CtyunZosClient, DcdnKvClient, EsaKvClient, S3StorageClient, YandexStorageClient }, endpoint, given]) => {
      const common = { endpoint, credentials: () => given, retry: { maxAttempts: 1 } }
      const stores = [
        new EsaKvClient({ namespace: 'n', ...common }),
        new DcdnKvClient({ namespace: 'n', ...common }),
        new CtyunZosClient({ bucket: 'b', regionId: 'r', ...common }),
        new S3StorageClient({ bucket: 'b', region: 'r', ...common }),
        new YandexStorageClient({ bucket: 'b', ...common }),
      ]
      const reports = await Promise.all(stores.map((store) => store.deleteMany(['a'])))
      return reports.map(({ failed: [failure] }) => `${failure?.code}: ${failure?.message}`)
    },
    [imported, closed.url ?? '', pair] as const,
  )
  const proxy =
    /^NetworkError: .*pages cannot call this provider \(CORS\); set endpoint to a proxy of your own, and signingHost/
  const rules = /^NetworkError: .*does not allow this page's origin \(CORS\)/
  expect(told).toEqual([proxy, proxy, proxy, rules, rules].map((advice) => expect.stringMatching(advice)))
})

describe('a page whose site has a proxy', () => {
  const keys = Array.from({ length: 12_000 }, (_, index) => `session:${index}`)

  beforeEach(async () => {
    emulator.state.create('alibaba-esa', 'sessions')
    emulator.state.create('ctyun-zos', 'photos')
    for (const key of keys) {
      emulator.state.put('alibaba-esa', 'sessions', key)
      emulator.state.put('ctyun-zos', 'photos', key)
    }
    await page.context().addCookies([{ name: 'session', value: 'mine', url: site.url ?? '' }])
  })

  test('deletes from ESA with a key whose secret stays on the server', async () => {
    const report = await page.evaluate(
      async ([{ EsaKvClient, signedAt }, items, signingHost]) => {
        const credentials = signedAt('/sign', 'emulator-key')
        const store = new EsaKvClient({ namespace: 'sessions', endpoint: '/proxy/esa', signingHost, credentials })
        const { deleted, failed, stats } = await store.deleteMany(items)
        return { deleted: deleted.length, failed, requests: stats.requests }
      },
      [imported, keys, ESA_HOST] as const,
    )
    expect(report).toEqual({ deleted: 12_000, failed: [], requests: 2 })
    expect(emulator.state.size('alibaba-esa', 'sessions')).toBe(0)
    expect(said).toEqual([])
    expect(library).not.toContain(pair.secretAccessKey)
  })

  test('deletes from CTyun with credentials that its server gives', async () => {
    const report = await page.evaluate(
      async ([{ CtyunZosClient, temporaryFrom }, items, signingHost]) => {
        const credentials = temporaryFrom('/credentials')
        const store = new CtyunZosClient({
          bucket: 'photos',
          regionId: 'r',
          endpoint: '/proxy/ctyun',
          signingHost,
          credentials,
        })
        const { deleted, failed, stats } = await store.deleteMany(items)
        return { deleted: deleted.length, failed, requests: stats.requests }
      },
      [imported, keys, CTYUN_HOST] as const,
    )
    expect(report).toEqual({ deleted: 12_000, failed: [], requests: 12 })
    expect(emulator.state.size('ctyun-zos', 'photos')).toBe(0)
    expect(said).toEqual([])
  })

  test('deletes nothing where nobody is signed in', async () => {
    await page.context().clearCookies()
    const code = await page.evaluate(
      async ([{ EsaKvClient, signedAt }, signingHost]) => {
        const credentials = signedAt('/sign', 'emulator-key')
        const retry = { maxAttempts: 1 }
        const store = new EsaKvClient({
          namespace: 'sessions',
          endpoint: '/proxy/esa',
          signingHost,
          credentials,
          retry,
        })
        return store.deleteMany(['session:1']).catch((error: { code: string }) => error.code)
      },
      [imported, ESA_HOST] as const,
    )
    expect(code).toBe('CredentialsFailed')
    expect(emulator.stats['alibaba-esa'].requests).toBe(0)
  })
})
