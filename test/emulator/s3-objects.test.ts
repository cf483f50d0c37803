import { beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { type Ask, NOW, ncloud, s3, yandex } from './requests.js'

let emulator: Emulator
let now: Date

beforeEach(() => {
  now = NOW
  emulator = createEmulator({ clock: () => now })
  for (const store of ['s3', 'ncloud', 'yandex'] as const) emulator.state.create(store, 'b')
  emulator.state.put('s3', 'b', 'obj', 'content')
})

const ETAG = '"9a0364b9e99bb480dd25e1f0284c8555"'
const OTHER = '"00000000000000000000000000000000"'

/** Asks for one object and gives all that a test may look at. */
async function call(ask: Ask, send = s3) {
  const response = await emulator.fetch(await send({ path: '/b/obj', ...ask }))
  const body = await response.text()
  const [, code] = /<Code>(.*?)<\/Code>/.exec(body) ?? []
  return { status: response.status, headers: Object.fromEntries(response.headers), body, code }
}

const read = async (path = '/b/obj') => (await call({ method: 'GET', path })).body

describe('what is not a plain object is not taken for one', () => {
  test.each<[string, NonNullable<Ask['method']>, NonNullable<Ask['query']>]>([
    ['tags written', 'PUT', [['tagging', '']]],
    ['a retention', 'PUT', [['retention', '']]],
    [
      'a part of an upload',
      'PUT',
      [
        ['partNumber', '1'],
        ['uploadId', 'x'],
      ],
    ],
    ['a version written', 'PUT', [['versionId', 'null']]],
    ['tags removed', 'DELETE', [['tagging', '']]],
    ['an upload given up', 'DELETE', [['uploadId', 'abc']]],
    ['an ACL', 'GET', [['acl', '']]],
    ['tags read', 'GET', [['tagging', '']]],
    ['a part read', 'HEAD', [['partNumber', '1']]],
    ['an upload begun', 'POST', [['uploads', '']]],
    ['a parameter nobody knows', 'GET', [['constructor', '']]],
  ])('%s', async (_, method, query) => {
    const { status, body } = await call({ method, query, ...(method === 'PUT' && { body: '<Document/>' }) })
    expect(status).toBe(501)
    if (method !== 'HEAD') expect(body).toContain(`does not implement the query parameter ${query[0]?.[0]}.`)
    expect(await read()).toBe('content')
  })

  test.each([
    ['GET', 'acl'],
    ['HEAD', 'acl'],
    ['GET', 'policy'],
    ['HEAD', 'versions'],
    ['DELETE', 'versioning'],
    ['POST', 'versioning'],
  ] as const)('%s of a bucket with ?%s', async (method, name) => {
    expect((await call({ method, path: '/b', query: [[name, '']] })).status).toBe(501)
  })

  test.each(['/b', '/absent', '/absent/'])('making the bucket %s, which tells who makes it', async (path) => {
    const { status, body } = await call({ method: 'PUT', path })
    expect([status, body]).toEqual([501, expect.stringContaining('state.create makes one')])
  })

  test('a list of buckets', async () => {
    expect((await call({ method: 'GET', path: '/' })).code).toBe('NotImplemented')
  })

  test('a batch with another parameter', async () => {
    const query = [
      ['delete', ''],
      ['policy', ''],
    ] as const
    expect((await call({ path: '/b', query })).code).toBe('NotImplemented')
  })

  test.each(['x-amz-copy-source', 'x-amz-write-offset-bytes', 'content-range'])('a PUT with %s', async (name) => {
    expect((await call({ method: 'PUT', body: 'x', headers: { [name]: '1' } })).code).toBe('NotImplemented')
    expect(await read()).toBe('content')
  })

  test('but what SDKs add by themselves passes', async () => {
    const { status } = await call({ method: 'PUT', query: [['x-id', 'PutObject']], body: 'new' })
    expect([status, await read()]).toEqual([200, 'new'])
  })

  test('a presigned address is refused as such', async () => {
    const url = 'https://s3.us-east-1.amazonaws.com/b/obj?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0'
    const response = await emulator.fetch(url)
    expect([response.status, await response.text()]).toEqual([501, expect.stringContaining('presigned URLs')])
  })
})

describe('conditions in headers', () => {
  test.each<[string, Record<string, string>, number]>([
    ['the same', { 'if-match': ETAG }, 200],
    ['one of several', { 'if-match': `${OTHER}, W/${ETAG}` }, 200],
    ['any', { 'if-match': '*' }, 200],
    ['another', { 'if-match': OTHER }, 412],
    ['not the same', { 'if-none-match': ETAG }, 304],
    ['not any', { 'if-none-match': '*' }, 304],
    ['not another', { 'if-none-match': OTHER }, 200],
    ['unchanged since', { 'if-unmodified-since': NOW.toUTCString() }, 200],
    ['unchanged long since', { 'if-unmodified-since': new Date(0).toUTCString() }, 412],
    ['unchanged since then, or the same', { 'if-unmodified-since': new Date(0).toUTCString(), 'if-match': ETAG }, 200],
    ['changed since', { 'if-modified-since': new Date(0).toUTCString() }, 200],
    ['changed lately', { 'if-modified-since': NOW.toUTCString() }, 304],
    ['changed at no time', { 'if-modified-since': 'yesterday' }, 200],
    ['changed lately, or another', { 'if-modified-since': NOW.toUTCString(), 'if-none-match': OTHER }, 200],
  ])('read: %s', async (_, headers, status) => {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await call({ method, headers })
      expect(answer.status).toBe(status)
      if (status === 304) expect(answer).toMatchObject({ body: '', headers: { etag: ETAG } })
      expect(answer.headers.location).toBeUndefined()
    }
  })

  test.each<[string, string, Record<string, string>, number]>([
    ['what is new', '/b/new', { 'if-none-match': '*' }, 200],
    ['what is there', '/b/obj', { 'if-none-match': '*' }, 412],
    ['what is as described', '/b/obj', { 'if-match': ETAG }, 200],
    ['what is not as described', '/b/obj', { 'if-match': OTHER }, 412],
    ['what is not there and described', '/b/new', { 'if-match': ETAG }, 404],
    ['all but one', '/b/new', { 'if-none-match': ETAG }, 501],
    ['by a date', '/b/obj', { 'if-unmodified-since': NOW.toUTCString() }, 501],
  ])('write: %s', async (_, path, headers, status) => {
    expect((await call({ method: 'PUT', path, headers, body: 'new' })).status).toBe(status)
    expect((await read(path)) === 'new').toBe(status === 200)
  })

  test.each<[string, Record<string, string>, number]>([
    ['the same', { 'if-match': ETAG }, 204],
    ['any', { 'if-match': '*' }, 204],
    ['another', { 'if-match': OTHER }, 412],
    ['the same size', { 'x-amz-if-match-size': '7' }, 204],
    ['another size', { 'x-amz-if-match-size': '8' }, 412],
    ['another date', { 'x-amz-if-match-last-modified-time': new Date(0).toUTCString() }, 412],
    ['by a date', { 'if-unmodified-since': NOW.toUTCString() }, 501],
    ['unless there', { 'if-none-match': '*' }, 501],
  ])('delete: %s', async (_, headers, status) => {
    expect((await call({ method: 'DELETE', headers })).status).toBe(status)
    expect(emulator.state.has('s3', 'b', 'obj')).toBe(status !== 204)
  })
})

describe('ranges', () => {
  test.each([
    ['bytes=0-1', 'co', 'bytes 0-1/7'],
    ['bytes=5-', 'nt', 'bytes 5-6/7'],
    ['bytes=-3', 'ent', 'bytes 4-6/7'],
    ['bytes=-30', 'content', 'bytes 0-6/7'],
    ['bytes=3-100', 'tent', 'bytes 3-6/7'],
  ])('%s', async (range, body, sent) => {
    const answer = await call({ method: 'GET', headers: { range } })
    expect(answer).toMatchObject({ status: 206, body, headers: { 'content-range': sent } })
    const head = await call({ method: 'HEAD', headers: { range } })
    expect(head).toMatchObject({ status: 206, headers: { 'content-length': String(body.length) } })
  })

  test.each(['bytes=7-', 'bytes=-0', 'bytes=99-100'])('%s is not there', async (range) => {
    expect(await call({ method: 'GET', headers: { range } })).toMatchObject({ status: 416, code: 'InvalidRange' })
  })

  test.each(['bytes=3-1', 'bytes=-', 'lines=1-2'])('%s is none', async (range) => {
    expect(await call({ method: 'GET', headers: { range } })).toMatchObject({ status: 200, body: 'content' })
  })

  test.each<Record<string, string>>([{ range: 'bytes=0-1,3-4' }, { range: 'bytes=0-1', 'if-range': ETAG }])(
    '%o is not implemented',
    async (headers) => {
      expect(await call({ method: 'GET', headers })).toMatchObject({ status: 501, code: 'NotImplemented' })
    },
  )
})

describe('what is kept', () => {
  test('is the kind of content and what users say of it', async () => {
    const headers = { 'content-type': 'text/x', 'x-amz-meta-colour': 'red', 'x-amz-acl': 'private' }
    await call({ method: 'PUT', headers, body: 'x' })
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await call({ method })
      expect(answer.headers).toMatchObject({ 'content-type': 'text/x', 'x-amz-meta-colour': 'red' })
      expect(answer.headers['x-amz-acl']).toBeUndefined()
    }
    emulator.state.put('s3', 'b', 'obj', 'y')
    expect((await call({ method: 'HEAD' })).headers['content-type']).toBe('binary/octet-stream')
  })

  test('is named where it is missing', async () => {
    expect((await call({ method: 'GET', path: '/b/a%26b' })).body).toContain('<Key>a&amp;b</Key>')
  })

  test.each([s3, ncloud, yandex])('is marked as deleted', async (send) => {
    for (const store of ['s3', 'ncloud', 'yandex'] as const) {
      emulator.state.create(store, 'v', { versioning: true })
      emulator.state.put(store, 'v', 'k')
    }
    const deleted = await call({ method: 'DELETE', path: '/v/k' }, send)
    const marker = deleted.headers['x-amz-version-id'] as string
    const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker }
    for (const method of ['GET', 'HEAD'] as const) {
      expect(await call({ method, path: '/v/k' }, send)).toMatchObject({ status: 404, headers })
      const itself = await call({ method, path: '/v/k', query: [['versionId', marker]] }, send)
      expect(itself).toMatchObject({ status: 405, headers: { ...headers, allow: 'DELETE' } })
    }
    expect((await call({ method: 'GET', path: '/v/never' }, send)).headers['x-amz-delete-marker']).toBeUndefined()
  })

  test('is dated when it came', async () => {
    now = new Date(NOW.getTime() + 60_000)
    emulator.state.put('s3', 'b', 'late')
    const { headers } = await call({ method: 'HEAD', path: '/b/late' })
    expect(headers['last-modified']).toBe(now.toUTCString())
    expect((await call({ method: 'HEAD' })).headers['last-modified']).toBe(NOW.toUTCString())
  })
})
