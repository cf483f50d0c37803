import { beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '#runtime'
import { hex, utf8 } from '../../src/bytes.js'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { keyChain, signature } from '../../src/signers/eop.js'
import { type Ask, ctyun, KEY_PAIR, NOW, zosDeletion } from './requests.js'

let emulator: Emulator

beforeEach(() => {
  emulator = createEmulator({ clock: () => NOW })
  emulator.state.create('ctyun-zos', 'b')
  emulator.state.put('ctyun-zos', 'b', 'a')
})

const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000)
const plain: Ask = { body: zosDeletion('b', [{ key: 'a' }]) }
const objects = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}` }))

const call = async (ask: Ask) => {
  const response = await emulator.fetch(await ctyun(ask))
  expect(response.headers.get('content-type')).toBe('application/json;charset=UTF-8')
  return { status: response.status, answer: await response.json() }
}

const AT_THE_GATEWAY: readonly [what: string, ask: Ask, status: number, code: string][] = [
  ['no signature', { ...plain, afterwards: { 'eop-authorization': undefined } }, 401, 'CTAPI_10009'],
  ['an unknown key', { ...plain, credentials: { ...KEY_PAIR, accessKeyId: 'who' } }, 401, 'CTAPI_10002'],
  ['a wrong secret', { ...plain, credentials: { ...KEY_PAIR, secretAccessKey: 'no' } }, 401, 'CTAPI_10009'],
  ['another request id', { ...plain, afterwards: { 'ctyun-eop-request-id': 'x' } }, 401, 'CTAPI_10009'],
  ['no request id', { ...plain, afterwards: { 'ctyun-eop-request-id': undefined } }, 401, 'CTAPI_10009'],
  ['a date in UTC', { ...plain, date: minutes(-480) }, 401, 'CTAPI_10009'],
  ['a date too late', { ...plain, date: minutes(16) }, 401, 'CTAPI_10009'],
  ['a date too early', { ...plain, date: minutes(-16) }, 401, 'CTAPI_10009'],
  ['another call', { ...plain, path: '/v4/oss/delete-everything' }, 404, 'CTAPI_10000'],
  ['a call by PUT', { ...plain, method: 'PUT' }, 404, 'CTAPI_10000'],
]

const AT_THE_STORE: readonly [what: string, body: string, message: string][] = [
  ['an absent bucket', zosDeletion('absent', [{ key: 'a' }]), 'NoSuchBucketError'],
  ['no region', JSON.stringify({ bucket: 'b', delete: { objects: [{ key: 'a' }] } }), 'regionID is required'],
  ['no bucket', zosDeletion('', [{ key: 'a' }]), 'bucket is required'],
  ['no JSON', '<Delete/>', 'the body is not valid JSON'],
  ['no objects', zosDeletion('b', []), 'MalformedXMLError'],
  ['objects that are none', zosDeletion('b', 'a'), 'MalformedXMLError'],
  ['too many objects', zosDeletion('b', objects(1001)), 'MalformedXMLError'],
  ['an object without a key', zosDeletion('b', [{ key: 'a' }, {}]), 'key is required'],
  ['a body too long', zosDeletion('b', [{ key: 'a' }]) + ' '.repeat(1_048_576), 'MaxMessageLengthExceeded'],
  ['a key too long', zosDeletion('b', [{ key: 'a' }, { key: 'é'.repeat(513) }]), 'KeyTooLongError'],
]

describe('CTyun refuses', () => {
  test.each(AT_THE_GATEWAY)('%s at the gateway', async (_, ask, status, code) => {
    const number = code.replace('CTAPI_', '')
    const answer = { statusCode: code, error: number, code: number, eopErrCode: number, message: expect.any(String) }
    expect(await call(ask)).toMatchObject({ status, answer })
    expect(emulator.state.size('ctyun-zos', 'b')).toBe(1)
  })

  test.each([
    ['a date of another form', { date: 'Fri, 02 Jan 2026 11:04:05 GMT' }],
    ['a date with marks', { date: '2026-01-02T11:04:05Z' }],
    ['names out of order', { names: 'eop-date;ctyun-eop-request-id' }],
    ['a name twice', { names: 'ctyun-eop-request-id;eop-date;eop-date' }],
    ['a name in capitals', { names: 'Content-Type;ctyun-eop-request-id;eop-date' }],
    ['the name of a header that was not sent', { names: 'ctyun-eop-request-id;eop-date;etag' }],
  ])('%s, however well signed', async (_, given) => {
    const { date = '20260102T110405Z', names = 'ctyun-eop-request-id;eop-date' }: { date?: string; names?: string } =
      given
    const headers = new Headers({ 'ctyun-eop-request-id': 'id', 'eop-date': date })
    const body = utf8(String(plain.body))
    const lines = names.split(';').map((name) => `${name}:${headers.get(name) ?? ''}\n`)
    const text = `${lines.join('')}\n\n${hex(await sha256(body))}`
    const { accessKeyId, secretAccessKey } = KEY_PAIR
    const { kDate } = await keyChain(secretAccessKey, accessKeyId, date)
    headers.set('eop-authorization', `${accessKeyId} Headers=${names} Signature=${await signature(kDate, text)}`)
    const url = 'https://zos-global.ctapi.ctyun.cn/v4/oss/delete-objects'
    const response = await emulator.fetch(url, { method: 'POST', headers, body })
    expect(await response.json()).toMatchObject({ statusCode: 'CTAPI_10009' })
  })

  test.each(AT_THE_STORE)('%s at the store', async (_, body, message) => {
    const { status, answer } = await call({ body })
    expect(status).toBe(200)
    expect(answer).toMatchObject({ statusCode: 900, message, errorCode: expect.stringMatching(/^openapi\.\w+\.\w+$/) })
    expect(answer.error.toLowerCase()).toBe(answer.errorCode.toLowerCase())
    expect(emulator.state.size('ctyun-zos', 'b')).toBe(1)
  })
})

describe('CTyun carries out', () => {
  test('a thousand objects, a quarter of an hour late', async () => {
    const body = zosDeletion('b', [...objects(999), { key: 'a' }])
    const { answer } = await call({ body, date: minutes(-15) })
    expect(answer).toMatchObject({ statusCode: 800, message: 'SUCCESS', returnObj: { errors: [] } })
    expect(answer.returnObj.deleted).toHaveLength(1000)
    expect(emulator.state.size('ctyun-zos', 'b')).toBe(0)
  })

  test('a quiet delete without naming what went', async () => {
    const { answer } = await call({ body: zosDeletion('b', [{ key: 'a' }, { key: 'x', versionID: 'none' }], true) })
    expect(answer.returnObj).toMatchObject({
      deleted: [],
      errors: [{ key: 'x', versionID: 'none', code: 'NoSuchVersion' }],
    })
  })

  test('versions and markers', async () => {
    emulator.state.create('ctyun-zos', 'v', { versioning: true })
    const first = emulator.state.put('ctyun-zos', 'v', 'a')
    const marked = (await call({ body: zosDeletion('v', [{ key: 'a' }]) })).answer.returnObj.deleted[0]
    expect(marked).toEqual({ key: 'a', deleteMarker: true, deleteMarkerVersionID: expect.any(String) })
    const marker = marked.deleteMarkerVersionID
    const both = zosDeletion('v', [
      { key: 'a', versionID: marker },
      { key: 'a', versionID: first },
    ])
    expect((await call({ body: both })).answer.returnObj.deleted).toEqual([
      { key: 'a', versionID: marker, deleteMarker: true, deleteMarkerVersionID: marker },
      { key: 'a', versionID: first },
    ])
    expect(emulator.state.versions('ctyun-zos', 'v', 'a')).toEqual([])
  })

  test('nothing that is locked', async () => {
    emulator.state.create('ctyun-zos', 'l', { objectLock: true })
    const id = emulator.state.put('ctyun-zos', 'l', 'a')
    emulator.state.lock('ctyun-zos', 'l', 'a', 'GOVERNANCE')
    const { answer } = await call({ body: zosDeletion('l', [{ key: 'a', versionID: id }]) })
    expect(answer.returnObj).toMatchObject({ deleted: [], errors: [{ key: 'a', versionID: id, code: 'AccessDenied' }] })
    expect(emulator.state.has('ctyun-zos', 'l', 'a')).toBe(true)
  })

  test('a single delete', async () => {
    const path = '/v4/oss/delete-object'
    const body = (versionID?: string) => JSON.stringify({ bucket: 'b', regionID: 'r1', key: 'a', versionID })
    expect((await call({ path, body: body('none') })).answer).toMatchObject({
      statusCode: 900,
      message: 'NoSuchVersion',
    })
    expect((await call({ path, body: body() })).answer).toMatchObject({ statusCode: 800, returnObj: {} })
    expect(emulator.state.size('ctyun-zos', 'b')).toBe(0)
  })

  test('keys of any characters', async () => {
    const keys = ['a\u0001b', 'c\r\nd', '__proto__', '😀']
    for (const key of keys) emulator.state.put('ctyun-zos', 'b', key)
    const { answer } = await call({
      body: zosDeletion(
        'b',
        keys.map((key) => ({ key })),
      ),
    })
    expect(answer.returnObj.deleted).toEqual(keys.map((key) => ({ key })))
    expect(emulator.state.keys('ctyun-zos', 'b')).toEqual(['a'])
  })
})
