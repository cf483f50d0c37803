import { beforeEach, describe, expect, test } from 'vitest'
import { hmacSha256, sha256 } from '#runtime'
import { hex, utf8 } from '../../src/bytes.js'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { type Ask, dcdn, esa, field, KEY_PAIR, kvDeletion, NOW } from './requests.js'

let emulator: Emulator
let now: Date

beforeEach(() => {
  now = NOW
  emulator = createEmulator({ clock: () => now, putLimit: 3 })
  for (const store of ['alibaba-esa', 'alibaba-dcdn'] as const) emulator.state.create(store, 'ns')
})

const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000)
const plain = kvDeletion('ns', ['a'])
const put = (list: unknown): Ask => ({ ...plain, body: field('KvList', list) })
const pair = (Key: unknown, Value: unknown = 'v', rest: object = {}) => ({ Key, Value, ...rest })
const without = (name: string): Ask => ({ ...plain, afterwards: { [name]: undefined } })
const text = { 'content-type': 'text/plain' }

/** What is signed in order, with other names said to be signed beside those that must be. */
const signing = (names: string): Ask => ({
  ...plain,
  afterwards: {
    authorization: `ACS3-HMAC-SHA256 Credential=emulator-key,SignedHeaders=${names};x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=${'0'.repeat(64)}`,
  },
})
const NO_UTF8 = Uint8Array.of(...new TextEncoder().encode('Keys=["a'), 0xff, 0x22, 0x5d)

const REFUSALS: readonly [what: string, operation: string, ask: Ask, status: number, code: string][] = [
  ['no authorization', 'BatchDelete', without('authorization'), 400, 'IncompleteSignature'],
  [
    'another scheme',
    'BatchDelete',
    { ...plain, afterwards: { authorization: 'AWS4 x' } },
    400,
    'InvalidSignatureMethod',
  ],
  ['no date', 'BatchDelete', without('x-acs-date'), 400, 'MissingParameter'],
  ['no nonce', 'BatchDelete', without('x-acs-signature-nonce'), 400, 'MissingParameter'],
  ['no payload hash', 'BatchDelete', without('x-acs-content-sha256'), 400, 'MissingParameter'],
  [
    'an unknown key',
    'BatchDelete',
    { ...plain, credentials: { ...KEY_PAIR, accessKeyId: 'who' } },
    404,
    'InvalidAccessKeyId.NotFound',
  ],
  [
    'a wrong secret',
    'BatchDelete',
    { ...plain, credentials: { ...KEY_PAIR, secretAccessKey: 'no' } },
    400,
    'SignatureDoesNotMatch',
  ],
  [
    'a header signed and changed',
    'BatchDelete',
    { ...plain, afterwards: { 'x-acs-date': '2026-01-02T03:04:06Z' } },
    400,
    'SignatureDoesNotMatch',
  ],
  ['a header not signed', 'BatchDelete', { ...plain, afterwards: { 'x-acs-extra': '1' } }, 400, 'IncompleteSignature'],
  [
    'a token it never gave',
    'BatchDelete',
    { ...plain, credentials: { ...KEY_PAIR, sessionToken: 't' } },
    400,
    'InvalidSecurityToken.Malformed',
  ],
  ['a date too late', 'BatchDelete', { ...plain, date: minutes(16) }, 400, 'InvalidTimeStamp.Expired'],
  ['a date too early', 'BatchDelete', { ...plain, date: minutes(-16) }, 400, 'InvalidTimeStamp.Expired'],
  [
    'a date of another form',
    'BatchDelete',
    { ...plain, afterwards: { 'x-acs-date': '20260102T030405Z' } },
    400,
    'InvalidTimeStamp.Format',
  ],
  ['a signed name twice', 'BatchDelete', signing('content-type;host;host'), 400, 'IncompleteSignature'],
  ['signed names out of order', 'BatchDelete', signing('host;content-type'), 400, 'IncompleteSignature'],
  ['a signed header that was not sent', 'BatchDelete', signing('content-type;etag;host'), 400, 'IncompleteSignature'],
  [
    'a signed name of the prototype',
    'BatchDelete',
    signing('constructor;content-type;host'),
    400,
    'IncompleteSignature',
  ],
  ['a body that is not UTF-8', 'BatchDelete', { ...plain, body: NO_UTF8 }, 400, 'Invalid.Parameter'],
  ['a byte-order mark', 'BatchDelete', { ...plain, body: `\ufeff${plain.body}` }, 400, 'MissingKeys'],
  ['an unknown operation', 'Forget', plain, 404, 'InvalidApi.NotFound'],
  ['a batch by PUT', 'BatchDelete', { ...plain, method: 'PUT' }, 404, 'InvalidApi.NotFound'],
  [
    'another version',
    'BatchDelete',
    { ...plain, headers: { 'x-acs-version': '2020-01-01' } },
    404,
    'InvalidApi.NotFound',
  ],
  ['no namespace', 'BatchDelete', { ...plain, query: [] }, 400, 'MissingNamespace'],
  ['an absent namespace', 'BatchDelete', kvDeletion('absent', ['a']), 404, 'InvalidNameSpace.NotFound'],
  ['no keys', 'BatchDelete', { ...plain, body: 'Other=1' }, 400, 'MissingKeys'],
  ['keys in another kind of body', 'BatchDelete', { ...plain, headers: text }, 400, 'MissingKeys'],
  [
    'keys in the query',
    'BatchDelete',
    {
      ...plain,
      query: [
        ['Namespace', 'ns'],
        ['Keys', '["a"]'],
      ],
      body: 'x=1',
    },
    400,
    'MissingKeys',
  ],
  ['no JSON', 'BatchDelete', { ...plain, body: 'Keys=a' }, 400, 'Invalid.Parameter'],
  ['JSON that is no list', 'BatchDelete', { ...plain, body: field('Keys', { a: 1 }) }, 400, 'Invalid.Parameter'],
  ['a body that is not percent-encoded', 'BatchDelete', { ...plain, body: 'Keys=%5' }, 400, 'Invalid.Parameter'],
  ['a key that is a number', 'BatchDelete', kvDeletion('ns', ['a', 7]), 400, 'InvalidKey.Malformed'],
  ['an empty key', 'BatchDelete', kvDeletion('ns', ['a', '']), 400, 'InvalidKey.Malformed'],
  ['half a surrogate pair', 'BatchDelete', kvDeletion('ns', ['a', '\ud800']), 400, 'InvalidKey.Malformed'],
  ['a key too long', 'BatchDelete', kvDeletion('ns', ['a', 'é'.repeat(257)]), 400, 'InvalidKey.ExceedsMaximum'],
  ['too many keys', 'BatchDelete', kvDeletion('ns', Array(10_001).fill('a')), 400, 'InvalidKey.TooManyKeys'],
  [
    'a body too long',
    'BatchDelete',
    { ...plain, body: `${plain.body}&Pad=${'x'.repeat(2_000_000)}` },
    400,
    'InvalidValue.ExceedsMaximum',
  ],
  ['too many pairs', 'BatchPut', put([pair('a'), pair('b'), pair('c'), pair('d')]), 400, 'InvalidKey.TooManyKeys'],
  ['a pair without a value', 'BatchPut', put([{ Key: 'a' }]), 400, 'Invalid.Parameter'],
  ['a pair that is none', 'BatchPut', put(['a']), 400, 'Invalid.Parameter'],
  [
    'a past expiration',
    'BatchPut',
    put([pair('a'), pair('b', 'v', { Expiration: NOW.getTime() / 1000 })]),
    400,
    'Invalid.Parameter',
  ],
  ['an expiration in text', 'BatchPut', put([pair('a', 'v', { ExpirationTtl: '60' })]), 400, 'Invalid.Parameter'],
  ['no key', 'Put', { ...plain, body: 'Value=v' }, 400, 'MissingKey'],
  [
    'no value',
    'Put',
    {
      ...plain,
      query: [
        ['Key', 'k'],
        ['Namespace', 'ns'],
      ],
      body: 'x=1',
    },
    400,
    'MissingValue',
  ],
  [
    'a value too long',
    'Put',
    {
      ...plain,
      query: [
        ['Key', 'k'],
        ['Namespace', 'ns'],
      ],
      body: `Value=${'x'.repeat(2_000_001)}`,
    },
    400,
    'InvalidValue.ExceedsMaximum',
  ],
  [
    'a key that is not there',
    'Get',
    {
      method: 'GET',
      query: [
        ['Key', 'k'],
        ['Namespace', 'ns'],
      ],
    },
    404,
    'InvalidKey.NotFound',
  ],
]

describe.each([
  ['alibaba-esa', esa, 'Kv'],
  ['alibaba-dcdn', dcdn, 'DcdnKv'],
] as const)('%s', (store, send, suffix) => {
  const call = async (operation: string, ask: Ask) => {
    const response = await emulator.fetch(await send(operation + suffix, ask))
    expect(response.headers.get('content-type')).toBe('application/json;charset=utf-8')
    const answer = await response.json()
    expect(response.headers.get('x-acs-request-id')).toBe(answer.RequestId)
    return { status: response.status, answer }
  }

  test.each(REFUSALS)('refuses %s', async (_, operation, ask, status, code) => {
    emulator.state.put(store, 'ns', 'a')
    const { answer, ...rest } = await call(operation, ask)
    expect({ code: answer.Code, ...rest }).toEqual({ code, status })
    expect(answer).toMatchObject({ Message: expect.any(String), HostId: expect.stringContaining('aliyuncs.com') })
    expect(emulator.state.keys(store, 'ns')).toEqual(['a'])
  })

  test('accepts what is just within the limits', async () => {
    const within = kvDeletion('ns', Array(10_000).fill('é'.repeat(30)), { date: minutes(15) })
    expect((await call('BatchDelete', within)).answer.SuccessKeys).toHaveLength(10_000)
    const body = `${field('Keys', ['é'.repeat(256)])}&Pad=`
    const full = { ...plain, body: body + 'x'.repeat(2_000_000 - body.length), date: minutes(-15) }
    expect((await call('BatchDelete', full)).status).toBe(200)
    expect((await call('BatchPut', put([pair('a'), pair('b'), pair('c')]))).answer.SuccessKeys).toEqual(['a', 'b', 'c'])
  })

  test('refuses a nonce used within a quarter of an hour', async () => {
    const ask = { ...plain, nonce: 'f'.repeat(32) }
    expect((await call('BatchDelete', ask)).status).toBe(200)
    expect(await call('BatchDelete', ask)).toMatchObject({ status: 400, answer: { Code: 'SignatureNonceUsed' } })
    now = minutes(14)
    expect((await call('BatchDelete', ask)).answer.Code).toBe('SignatureNonceUsed')
    now = minutes(31)
    expect((await call('BatchDelete', { ...plain, date: now })).status).toBe(200)
    now = minutes(47)
    expect((await call('BatchDelete', { ...ask, date: now })).status).toBe(200)
    // The older half of the memory still counts.
    const late = { ...plain, nonce: 'e'.repeat(32), date: minutes(61) }
    now = minutes(61)
    expect((await call('BatchDelete', late)).status).toBe(200)
    now = minutes(63)
    expect((await call('BatchDelete', { ...plain, date: now })).status).toBe(200)
    expect((await call('BatchDelete', late)).answer.Code).toBe('SignatureNonceUsed')
  })

  test('refuses a body other than the one that was signed, and shows what it saw', async () => {
    const request = await send(`BatchDelete${suffix}`, plain)
    const body = field('Keys', ['b'])
    const response = await emulator.fetch(new Request(request.url, { method: 'POST', headers: request.headers, body }))
    const { Code, Message } = await response.json()
    expect(Code).toBe('SignatureDoesNotMatch')
    expect(Message).toContain(`\nx-acs-action:BatchDelete${suffix}\n`)
  })

  test("refuses a hash that is not the body's, though it is signed", async () => {
    const { url, headers } = await send(`BatchDelete${suffix}`, plain)
    const [body, { host, search }] = [utf8(String(plain.body)), new URL(url)]
    const authorization = headers.get('authorization') as string
    const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] as string
    headers.set('x-acs-content-sha256', '0'.repeat(64))
    const lines = names.split(';').map((name) => `${name}:${headers.get(name) ?? host}`)
    const form = ['POST', '/', search.slice(1), ...lines, '', names, hex(await sha256(body))].join('\n')
    const text = `ACS3-HMAC-SHA256\n${hex(await sha256(utf8(form)))}`
    const signature = hex(await hmacSha256(utf8(KEY_PAIR.secretAccessKey), utf8(text)))
    headers.set('authorization', authorization.replace(/[0-9a-f]{64}$/, signature))
    const response = await emulator.fetch(url, { method: 'POST', headers, body })
    expect([response.status, (await response.json()).Code]).toEqual([400, 'SignatureDoesNotMatch'])
  })

  test('wants the token of temporary credentials', async () => {
    const credentials = { ...KEY_PAIR, sessionToken: 'token', expiration: minutes(10) }
    emulator = createEmulator({ credentials, clock: () => now })
    emulator.state.create(store, 'ns')
    expect((await call('BatchDelete', { ...plain, credentials })).status).toBe(200)
    expect((await call('BatchDelete', plain)).answer.Code).toBe('MissingSecurityToken')
    const other = { ...plain, credentials: { ...credentials, sessionToken: 'other' } }
    expect((await call('BatchDelete', other)).answer.Code).toBe('InvalidSecurityToken.MismatchWithAccessKey')
    now = minutes(10)
    expect((await call('BatchDelete', { ...plain, credentials })).answer.Code).toBe('InvalidSecurityToken.Expired')
  })

  test('forgets what has expired', async () => {
    const inAMinute = NOW.getTime() / 1000 + 60
    await call(
      'BatchPut',
      put([
        pair('a', 'v', { Expiration: inAMinute }),
        pair('b', 'v', { Expiration: inAMinute, ExpirationTtl: 120 }),
        pair('c'),
      ]),
    )
    expect(emulator.state.size(store, 'ns')).toBe(3)
    now = minutes(1)
    expect(emulator.state.keys(store, 'ns')).toEqual(['b', 'c'])
    now = minutes(2)
    expect(emulator.state.keys(store, 'ns')).toEqual(['c'])
    expect(emulator.state.size(store, 'ns')).toBe(1)
    expect(emulator.state.has(store, 'ns', 'a')).toBe(false)
  })

  test('names each key it was given, in order, missing and repeated ones too', async () => {
    emulator.state.put(store, 'ns', 'a')
    const { answer } = await call('BatchDelete', kvDeletion('ns', ['x', 'a', 'x']))
    expect(answer).toEqual({ RequestId: expect.any(String), SuccessKeys: ['x', 'a', 'x'], FailKeys: [] })
  })

  test('deletes one key by its own method, and says where there was none', async () => {
    const method = store === 'alibaba-esa' ? 'GET' : 'POST'
    const ask: Ask = {
      method,
      query: [
        ['Key', 'a b'],
        ['Namespace', 'ns'],
      ],
    }
    emulator.state.put(store, 'ns', 'a b')
    expect((await call('Delete', { ...ask, method: method === 'GET' ? 'POST' : 'GET' })).answer.Code).toBe(
      'InvalidApi.NotFound',
    )
    expect((await call('Delete', ask)).status).toBe(200)
    expect(await call('Delete', ask)).toMatchObject({ status: 404, answer: { Code: 'InvalidKey.NotFound' } })
  })

  test('names the length of a value as its own kind of number, and cuts long values in the middle', async () => {
    const query: Ask['query'] = [
      ['Key', 'k'],
      ['Namespace', 'ns'],
    ]
    const { answer } = await call('Put', { ...plain, query, body: `Value=${'x'.repeat(300)}` })
    expect(answer.Length).toBe(store === 'alibaba-esa' ? '300' : 300)
    expect(answer.Value).toHaveLength(256)
    expect((await call('Get', { method: 'GET', query })).answer.Value).toBe('x'.repeat(300))
  })

  test('lists in pages', async () => {
    for (const key of ['b2', 'b1', 'a']) emulator.state.put(store, 'ns', key)
    const operation = store === 'alibaba-esa' ? 'ListKvs' : 'ListDcdnKv'
    const list = async (query: [string, string][]) => {
      const ask: Ask = { method: 'GET', query: [['Namespace', 'ns'], ...query] }
      return (await emulator.fetch(await send(operation, ask))).json()
    }
    const page = await list([
      ['Prefix', 'b'],
      ['PageSize', '1'],
      ['PageNumber', '2'],
    ])
    expect(page).toMatchObject({ Keys: [{ Name: 'b2', UpdateTime: '2026-01-02T03:04:05Z' }], TotalCount: 2 })
    expect((await list([['PageSize', '101']])).Code).toBe('Invalid.Parameter')
  })
})
