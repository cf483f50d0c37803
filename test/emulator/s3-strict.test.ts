import { beforeEach, describe, expect, test } from 'vitest'
import { crc32, md5 } from '#runtime/checksum'
import { base64, utf8 } from '../../src/bytes.js'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { type Ask, deleteXml, deletion, deletionOf, KEY_PAIR, NOW, ncloud, s3, yandex } from './requests.js'

let emulator: Emulator

beforeEach(() => {
  emulator = createEmulator({ clock: () => NOW, iamToken: ['good', { iamToken: 'old', expiration: NOW }] })
  for (const store of ['s3', 'ncloud', 'yandex'] as const) emulator.state.create(store, 'b')
})

const PROVIDERS = { s3, ncloud, yandex }
type Provider = keyof typeof PROVIDERS
const ALL: readonly Provider[] = ['s3', 'ncloud', 'yandex']

const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000)
const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`)
const headers = (added: Record<string, string>): Ask => ({ headers: added })
const plain = deletionOf('b', ['a'])
const xml = (body: string): Ask => deletion('b', body)
const bare = ({ path = '', query = [], body = '' }: Ask): Ask => ({ path, query, body })

/** What is signed in order, with other names said to be signed. */
const signing = (names: string): Ask => ({
  ...plain,
  afterwards: {
    authorization: `AWS4-HMAC-SHA256 Credential=emulator-key/20260102/us-east-1/s3/aws4_request, SignedHeaders=${names}, Signature=${'0'.repeat(64)}`,
  },
})
const MALFORMED = [400, 'AuthorizationHeaderMalformed', ['s3', 'yandex']] as const

const REFUSALS: readonly [what: string, ask: Ask, status: number, code: string, stores?: readonly Provider[]][] = [
  ['no authorization', { ...plain, afterwards: { authorization: undefined } }, 403, 'AccessDenied'],
  ['an older scheme', { ...plain, afterwards: { authorization: 'AWS a:b' } }, 400, 'InvalidRequest'],
  [
    'half a header',
    { ...plain, afterwards: { authorization: 'AWS4-HMAC-SHA256 Credential=a' } },
    400,
    'AuthorizationHeaderMalformed',
  ],
  ['an unknown key', { ...plain, credentials: { ...KEY_PAIR, accessKeyId: 'who' } }, 403, 'InvalidAccessKeyId'],
  ['a wrong secret', { ...plain, credentials: { ...KEY_PAIR, secretAccessKey: 'no' } }, 403, 'SignatureDoesNotMatch'],
  ['a token it never gave', { ...plain, credentials: { ...KEY_PAIR, sessionToken: 't' } }, 403, 'InvalidToken'],
  ['a date too late', { ...plain, date: minutes(16) }, 403, 'RequestTimeTooSkewed'],
  ['a date too early', { ...plain, date: minutes(-16) }, 403, 'RequestTimeTooSkewed'],
  ['no date', { ...plain, afterwards: { 'x-amz-date': undefined } }, 403, 'AccessDenied'],
  ['no payload hash', { ...plain, afterwards: { 'x-amz-content-sha256': undefined } }, 400, 'InvalidRequest'],
  ['a header signed and changed', { ...plain, afterwards: { 'content-md5': 'x' } }, 403, 'SignatureDoesNotMatch'],
  ['a header not signed', { ...plain, afterwards: { 'x-amz-mfa': '1 2' } }, 403, 'AccessDenied'],
  ['a signed name twice', signing('content-md5;host;host;x-amz-content-sha256;x-amz-date'), ...MALFORMED],
  ['signed names out of order', signing('host;content-md5;x-amz-content-sha256;x-amz-date'), ...MALFORMED],
  ['a signed name in capitals', signing('Content-MD5;host;x-amz-content-sha256;x-amz-date'), ...MALFORMED],
  ['a signed header that was not sent', signing('content-md5;etag;host;x-amz-content-sha256;x-amz-date'), ...MALFORMED],
  [
    'a signed name of the prototype',
    signing('constructor;content-md5;host;x-amz-content-sha256;x-amz-date'),
    ...MALFORMED,
  ],
  ['an MD5 that is not signed', signing('host;x-amz-content-sha256;x-amz-date'), 403, 'AccessDenied', ['s3', 'yandex']],
  ['a date of another form', { ...plain, afterwards: { 'x-amz-date': NOW.toISOString() } }, 403, 'AccessDenied'],
  ['a missing bucket', { ...plain, path: '/absent' }, 404, 'NoSuchBucket'],
  ['no bucket', { ...plain, path: '/' }, 405, 'MethodNotAllowed'],
  ['a wrong MD5', { ...plain, headers: { 'content-md5': base64(md5(utf8('other'))) } }, 400, 'BadDigest'],
  ['an MD5 that is none', { ...plain, headers: { 'content-md5': 'c2hvcnQ=' } }, 400, 'InvalidDigest'],
  ['no checksum', bare(plain), 400, 'InvalidRequest'],
  [
    'a wrong CRC32',
    { ...bare(plain), ...headers({ 'x-amz-checksum-crc32': 'AAAAAA==' }) },
    400,
    'BadDigest',
    ['s3', 'ncloud'],
  ],
  [
    'a wrong SHA-256',
    { ...plain, headers: { ...plain.headers, 'x-amz-checksum-sha256': base64(new Uint8Array(32)) } },
    400,
    'BadDigest',
  ],
  [
    'a short SHA-256',
    { ...plain, headers: { ...plain.headers, 'x-amz-checksum-sha256': 'AAAA' } },
    400,
    'InvalidRequest',
  ],
  [
    'an unknown checksum',
    { ...plain, headers: { ...plain.headers, 'x-amz-checksum-xxhash3': 'AAAA' } },
    501,
    'NotImplemented',
  ],
  [
    'a checksum announced and not sent',
    { ...plain, headers: { ...plain.headers, 'x-amz-sdk-checksum-algorithm': 'CRC32' } },
    400,
    'InvalidRequest',
  ],
  [
    'a checksum of the prototype',
    { ...plain, headers: { ...plain.headers, 'x-amz-checksum-constructor': 'AAAA' } },
    501,
    'NotImplemented',
  ],
  [
    'two checksums, the first of them right',
    {
      ...plain,
      headers: {
        ...plain.headers,
        'x-amz-checksum-crc32': base64(crc32(utf8(String(plain.body)))),
        'x-amz-checksum-sha256': base64(new Uint8Array(32)),
      },
    },
    400,
    'InvalidRequest',
  ],
  [
    'a wrong CRC64NVME',
    { ...plain, headers: { ...plain.headers, 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' } },
    400,
    'BadDigest',
  ],
  [
    'the type of a checksum without one',
    { ...bare(plain), ...headers({ 'x-amz-checksum-type': 'FULL_OBJECT' }) },
    400,
    'InvalidRequest',
  ],
  ['too many keys', deletionOf('b', keys(1001)), 400, 'MalformedXML'],
  ['no keys', xml('<Delete></Delete>'), 400, 'MalformedXML'],
  ['no XML', xml('{"keys":[]}'), 400, 'MalformedXML'],
  ['XML that stops', xml('<Delete><Object><Key>a</Key></Object>'), 400, 'MalformedXML'],
  ['another root', xml('<Remove><Object><Key>a</Key></Object></Remove>'), 400, 'MalformedXML'],
  ['an object without a key', xml('<Delete><Object><VersionId>v</VersionId></Object></Delete>'), 400, 'MalformedXML'],
  ['an empty key', xml(deleteXml(['<Key></Key>'])), 400, 'MalformedXML'],
  ['a control character', xml(deleteXml(['<Key>a\u0001</Key>'])), 400, 'MalformedXML'],
  ['a reference to one', xml(deleteXml(['<Key>a&#1;</Key>'])), 400, 'MalformedXML'],
  ['a stray ampersand', xml(deleteXml(['<Key>a & b</Key>'])), 400, 'MalformedXML'],
  ['a doctype', xml(`<!DOCTYPE Delete>${deleteXml(['<Key>a</Key>'])}`), 400, 'MalformedXML'],
  ['a long body', xml(`${deleteXml(['<Key>a</Key>'])}${' '.repeat(1_048_576)}`), 400, 'MaxMessageLengthExceeded'],
  ['a long key', deletionOf('b', ['a', 'é'.repeat(513)]), 400, 'KeyTooLongError'],
  ['a POST that deletes nothing', { path: '/b', body: 'x' }, 501, 'NotImplemented'],
]

describe.each(ALL)('%s refuses', (store) => {
  test.each(REFUSALS.filter(([, , , , stores = ALL]) => stores.includes(store)))('%s', async (_, ask, status, code) => {
    emulator.state.put(store, 'b', 'a')
    const response = await emulator.fetch(await PROVIDERS[store](ask))
    const body = await response.text()
    expect(body).toContain(`<Code>${code}</Code>`)
    expect(body).toContain(`<RequestId>${response.headers.get('x-amz-request-id')}</RequestId>`)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/xml')
    expect(emulator.state.has(store, 'b', 'a')).toBe(true)
  })
})

describe('the S3 family', () => {
  const carriedOut = async (request: Request) => {
    const response = await emulator.fetch(request)
    expect(response.status, await response.clone().text()).toBe(200)
    return response.text()
  }

  test.each(ALL)('%s accepts what is just within the limits', async (store) => {
    const send = PROVIDERS[store]
    await carriedOut(await send(deletionOf('b', keys(1000), { date: minutes(15) })))
    await carriedOut(await send(deletionOf('b', ['é'.repeat(512)], { date: minutes(-15) })))
    const body = deleteXml(['<Key>a</Key>'])
    await carriedOut(await send(xml(body + ' '.repeat(1_048_576 - body.length))))
  })

  test('a server time comes with a skewed date', async () => {
    const response = await emulator.fetch(await s3({ ...plain, date: minutes(20) }))
    expect(await response.text()).toContain('<ServerTime>2026-01-02T03:04:05Z</ServerTime>')
    expect(response.headers.get('date')).toBe('Fri, 02 Jan 2026 03:04:05 GMT')
  })

  test('a body that is not the one that was hashed is refused', async () => {
    const request = await s3(bare(plain))
    const other = new Request(request.url, { method: 'POST', headers: request.headers, body: 'other' })
    const response = await emulator.fetch(other)
    expect(await response.text()).toContain('<Code>XAmzContentSHA256Mismatch</Code>')
    expect(response.status).toBe(400)
  })

  test('a checksum stands for the MD5 but at Yandex', async () => {
    const ask = { ...bare(plain), headers: { 'x-amz-checksum-crc32': base64(crc32(utf8(String(plain.body)))) } }
    await carriedOut(await s3(ask))
    await carriedOut(await ncloud(ask))
    const response = await emulator.fetch(await yandex(ask))
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('Content-MD5</Message>')])
  })

  test('more may be said of a checksum than there is', async () => {
    const more = { 'x-amz-checksum-type': 'FULL_OBJECT', 'x-amz-checksum-algorithm': 'CRC32' }
    await carriedOut(await s3({ ...plain, headers: { ...plain.headers, ...more } }))
  })

  test('a plus in a query is a blank', async () => {
    emulator.state.put('s3', 'b', 'a b')
    const { headers: sent } = await s3({
      method: 'GET',
      path: '/b',
      query: [
        ['list-type', '2'],
        ['prefix', 'a b'],
      ],
    })
    const url = 'https://s3.us-east-1.amazonaws.com/b?list-type=2&prefix=a+b'
    expect(await carriedOut(new Request(url, { headers: sent }))).toContain('<Key>a b</Key>')
  })

  test('the region must be one the store has', async () => {
    const response = await emulator.fetch(await s3({ ...plain, host: 'kr.ncloudstorage.com' }))
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('<Region>kr</Region>')])
  })

  test('a bucket may stand in the host', async () => {
    for (const [store, send, host] of [
      ['s3', s3, 'b.s3.eu-west-1.amazonaws.com'],
      ['ncloud', ncloud, 'b.kr.ncloudstorage.com'],
      ['yandex', yandex, 'b.storage.yandexcloud.net'],
    ] as const) {
      emulator.state.put(store, 'b', 'a')
      await carriedOut(await send({ ...plain, path: '/', host }))
      expect(emulator.state.has(store, 'b', 'a')).toBe(false)
    }
  })

  test('credentials with a token need it, and expire', async () => {
    const credentials = { ...KEY_PAIR, sessionToken: 'token', expiration: minutes(1) }
    let now = NOW
    emulator = createEmulator({ credentials, clock: () => now })
    emulator.state.create('s3', 'b')
    await carriedOut(await s3({ ...plain, credentials }))
    const bareAnswer = await emulator.fetch(await s3(plain))
    expect(await bareAnswer.text()).toContain('<Code>InvalidToken</Code>')
    now = minutes(1)
    const late = await emulator.fetch(await s3({ ...plain, credentials }))
    expect([late.status, await late.text()]).toEqual([400, expect.stringContaining('<Code>ExpiredToken</Code>')])
  })

  test('Yandex takes IAM tokens in place of a signature, the others do not', async () => {
    const bearer = async (send: typeof s3, token: string) => {
      const { url, headers: sent, body } = await send(plain)
      const kept = { authorization: `Bearer ${token}`, 'content-md5': sent.get('content-md5') as string }
      const response = await emulator.fetch(url, { method: 'POST', headers: kept, body, duplex: 'half' } as RequestInit)
      return [response.status, /<Code>(.*)<\/Code>/.exec(await response.text())?.[1]]
    }
    expect(await bearer(yandex, 'good')).toEqual([200, undefined])
    expect(await bearer(yandex, 'old')).toEqual([400, 'ExpiredToken'])
    expect(await bearer(yandex, 'wrong')).toEqual([403, 'AccessDenied'])
    expect(await bearer(s3, 'good')).toEqual([400, 'InvalidRequest'])
  })

  test('keys come back as they were, whatever is in them', async () => {
    const key = 'a\r\n\t&<>"\' ]]> \u0085\u2028é😀__proto__'
    emulator.state.put('s3', 'b', key)
    const escaped = key.replace(/[&<>\r\n\u0085\u2028]/g, (char) => `&#${char.charCodeAt(0)};`)
    const answer = await carriedOut(await s3(xml(deleteXml([`<Key>${escaped}</Key>`]))))
    expect(emulator.state.size('s3', 'b')).toBe(0)
    expect(answer).toContain("<Key>a&#13;\n\t&amp;&lt;&gt;&quot;' ]]&gt; &#133;&#8232;é😀__proto__</Key>")
  })

  test('a raw CR is read as LF: another key', async () => {
    emulator.state.put('s3', 'b', 'a\r')
    await carriedOut(await s3(xml(deleteXml(['<Key>a\r</Key>']))))
    expect(emulator.state.keys('s3', 'b')).toEqual(['a\r'])
  })

  test('a key XML cannot say goes by a single DELETE', async () => {
    emulator.state.put('s3', 'b', 'a\u0001b')
    const response = await emulator.fetch(await s3({ method: 'DELETE', path: '/b/a%01b' }))
    expect(response.status).toBe(204)
    expect(emulator.state.size('s3', 'b')).toBe(0)
  })

  test.each(ALL)('%s answers quietly in its own way', async (store) => {
    const body = deleteXml(['<Key>a</Key>'], true)
    const answer = await carriedOut(await PROVIDERS[store](deletion('b', body)))
    const document =
      '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>'
    expect(answer).toBe(store === 'yandex' ? '' : document)
  })

  test('Yandex names the version null where there are no versions', async () => {
    expect(await carriedOut(await yandex(plain))).toContain(
      '<Deleted><Key>a</Key><VersionId>null</VersionId></Deleted>',
    )
    expect(await carriedOut(await s3(plain))).toContain('<Deleted><Key>a</Key></Deleted>')
  })

  test('browsers may ask first', async () => {
    const headers = {
      'access-control-request-headers': 'authorization,content-md5',
      'access-control-request-method': 'POST',
    }
    for (const host of ['s3.us-east-1.amazonaws.com', 'esa.cn-hangzhou.aliyuncs.com', 'zos-global.ctapi.ctyun.cn']) {
      const response = await emulator.fetch(`https://${host}/`, { method: 'OPTIONS', headers })
      expect(response.status).toBe(200)
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-md5')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
    }
    const refused = await emulator.fetch('https://s3.us-east-1.amazonaws.com/b?delete')
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    expect(refused.headers.get('access-control-expose-headers')).toBe('*')
  })

  test('other hosts are out of reach', async () => {
    await expect(emulator.fetch('https://example.com/')).rejects.toThrow(TypeError)
    await expect(emulator.fetch('https://s3.amazonaws.com.example.com/')).rejects.toThrow(TypeError)
  })
})
