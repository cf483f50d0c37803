import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeFormKeys } from '../../src/bodies/form.js'
import { utf8 } from '../../src/bytes.js'
import { readEcho as readCtyunEcho, readDeletedObjects } from '../../src/families/ctyun-answers.js'
import { readBatch, readEcho } from '../../src/families/edge-kv-answers.js'
import { readDeleted } from '../../src/families/s3-answers.js'
import type { HttpAnswer } from '../../src/http.js'

const answerOf = (body: string | Uint8Array<ArrayBuffer>, status = 200): HttpAnswer => ({
  status,
  header: () => undefined,
  body: typeof body === 'string' ? utf8(body) : body,
})

const KEYS = ['a', 'b/c', '007', '__proto__', ' d ', "e'f"]

/** Cuts a piece out of a text and puts another in its place. */
const damage = fc.record({
  from: fc.nat({ max: 400 }),
  length: fc.nat({ max: 30 }),
  insert: fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      ...[
        '<Deleted><Key>a</Key></Deleted>',
        '<Error><Key>a</Key><Code>X</Code></Error>',
        ...['&#97;', '&#x61;', '&lt;', '&amp;', '&#0;', '&#xD800;', '&#1114112;', '&quot;', '&;', '&#;', '&#x;', '&'],
        ...['\ufeff', 'e5', '.0', ' ', '"SuccessKeys" :[]', '"Success\\u004beys":0'],
        '\r',
        '<!-- -->',
      ],
      ...[
        '"deleted":[{"key":"a"}],',
        '"errors":[{"key":"a","code":"X"}],',
        '{"key":"a"},',
        ',"key":"a"',
        '"versionID":"v"',
      ],
      ...['"SuccessKeys":["a"],', '"FailKeys":["a"],', '{"x":', '}', ']', '[', '"Code":"X",', '\\u0061', 'null', '0'],
    ),
  ),
})
const damaged = (body: string, { from, length, insert }: { from: number; length: number; insert: string }) => {
  const at = from % (body.length + 1)
  return body.slice(0, at) + insert + body.slice(at + length)
}

const ROOM = { mostBytes: 1_000, lend: (bytes: number) => new Uint8Array(bytes), now: Date.now }
const whole = wholeFormKeys('Keys', KEYS, 20, ROOM)
const atLength = (body: string) => readBatch(answerOf(body), KEYS)
/** Falls back to the whole reading, as the client does. */
const atAGlance = (body: string) => readEcho(answerOf(body), whole) ?? atLength(body)

describe('what is read at a glance is what is read at length', () => {
  const entries = KEYS.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${entries}</DeleteResult>`
  const s3 = (body: string, isWhole: boolean, quiet = false) =>
    readDeleted(answerOf(body), KEYS, { quiet, isWhole, emptyIsSuccess: false })

  it('of a DeleteResult', async () => {
    expect(await s3(xml, true)).toEqual(await s3(xml, false))
    expect(await s3(xml, true)).toMatchObject({ kind: 'outcomes' })
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), fc.boolean(), async (damages, quiet) => {
        const body = damages.reduce(damaged, xml)
        expect(await s3(body, true, quiet)).toEqual(await s3(body, false, quiet))
      }),
      { numRuns: 500 },
    )
  })

  it('of a DeleteResult with references', async () => {
    const keys = ['a&b', 'c>d', '\t', "e'f", 'é']
    const spelt = ['a&amp;b', 'c&gt;d', '&#9;', 'e&#39;f', 'é']
    const list = spelt.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')
    const answer = `<DeleteResult>${list}</DeleteResult>`
    const read = (body: string, isWhole: boolean) =>
      readDeleted(answerOf(body), keys, { quiet: false, isWhole, emptyIsSuccess: false })
    expect(await read(answer, true)).toEqual({ kind: 'outcomes', requestId: undefined })
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async (damages) => {
        const body = damages.reduce(damaged, answer)
        expect(await read(body, true)).toEqual(await read(body, false))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    { RequestId: 'r', SuccessKeys: KEYS, FailKeys: [] },
    { SuccessKeys: KEYS, RequestId: 'r' },
    { requestId: 'r', FailKeys: null, SuccessKeys: KEYS },
  ])('of the lists of a key-value store', async (document) => {
    const json = JSON.stringify(document)
    expect(readEcho(answerOf(json), whole)).toEqual({ kind: 'outcomes', requestId: 'r' })
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), (damages) => {
        const body = damages.reduce(damaged, json)
        expect(atAGlance(body)).toEqual(atLength(body))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['a list of the same name deeper down', `{"x":{"SuccessKeys":${JSON.stringify(KEYS)}},"SuccessKeys":[]}`],
    ['a second list of that name', `{"SuccessKeys":${JSON.stringify(KEYS)},"SuccessKeys":[]}`],
    ['the same, spelt otherwise', `{"SuccessKeys":${JSON.stringify(KEYS)},"Success\\u004beys":[]}`],
    ['a failure as well', `{"SuccessKeys":${JSON.stringify(KEYS)},"FailKeys":["a"]}`],
    ['half an answer', `{"SuccessKeys":${JSON.stringify(KEYS)}`],
    ['a second list after a blank', `{"SuccessKeys":${JSON.stringify(KEYS)},"SuccessKeys" :[]}`],
    ['a byte-order mark after the list', `{"SuccessKeys":${JSON.stringify(KEYS)}\ufeff,"FailKeys":[]}`],
    ['half a number after the list', `{"SuccessKeys":${JSON.stringify(KEYS)}e5,"FailKeys":[]}`],
    ['no comma after the list', `{"SuccessKeys":${JSON.stringify(KEYS)}"FailKeys":[]}`],
  ])('but not %s', (_, body) => {
    expect(readEcho(answerOf(body), whole)).toBeUndefined()
  })

  describe('of the objects that CTyun lists', () => {
    const documentOf = (more: object) => ({
      ...{ statusCode: 800, message: 'SUCCESS', description: '成功' },
      returnObj: { deleted: KEYS.map((key) => ({ key, ...more })), errors: [], requestCharged: '' },
    })
    const plain = JSON.stringify(documentOf({ versionID: '', deleteMarker: false }))
    const glance = (body: string, quiet = false) => readCtyunEcho(answerOf(body), KEYS, { quiet, bucket: 'b' })
    const length = (body: string, quiet = false) => readDeletedObjects(answerOf(body), KEYS, { quiet, bucket: 'b' })

    it.each([plain, JSON.stringify(documentOf({}))])('in %s', (body) => {
      expect(glance(body)).toEqual(length(body))
      expect(glance(body)).toEqual({ kind: 'outcomes', requestId: undefined })
      fc.assert(
        fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), fc.boolean(), (damages, quiet) => {
          const spoilt = damages.reduce(damaged, body)
          expect(glance(spoilt, quiet) ?? length(spoilt, quiet)).toEqual(length(spoilt, quiet))
        }),
        { numRuns: 1_000 },
      )
    })

    const entries = (more: string) => KEYS.map((key) => `{"key":"${key}"${more}}`).join()
    it.each([
      ['another key for each', `{"statusCode":800,"returnObj":{"deleted":[${entries(',"key":"a"')}]}}`],
      ['a second list', `{"statusCode":800,"returnObj":{"deleted":[${entries('')}],"deleted":[]}}`],
      ['a list before it', `{"statusCode":800,"x":{"deleted":[]},"returnObj":{"deleted":[${entries('')}]}}`],
      ['one spelt otherwise', `{"statusCode":800,"returnObj":{"deleted":[${entries('')}],"delet\\u0065d":[]}}`],
      ['a list elsewhere', `{"statusCode":800,"x":{"deleted":[${entries('')}]}}`],
      ['what is nested', `{"statusCode":800,"returnObj":{"deleted":[${entries(',"x":{"y":1}')}]}}`],
      [
        'a failure as well',
        `{"statusCode":800,"returnObj":{"deleted":[${entries('')}],"errors":[{"key":"a","code":"X"}]}}`,
      ],
      ['a version of each', `{"statusCode":800,"returnObj":{"deleted":[${entries(',"versionID":"v"')}]}}`],
      ['one key less', `{"statusCode":800,"returnObj":{"deleted":[${entries('').replace(',{"key":"007"}', '')}]}}`],
      ['one key more', `{"statusCode":800,"returnObj":{"deleted":[${entries('')},{"key":"z"}]}}`],
      ['another code', `{"statusCode":900,"returnObj":{"deleted":[${entries('')}]}}`],
      ['half an answer', plain.slice(0, -1)],
      ['a byte-order mark after it', `{"statusCode":800,"returnObj":{"deleted":[${entries('')}\ufeff]}}`],
      ['no list at all', '{"statusCode":800,"returnObj":{}}'],
    ])('but not %s', (_, body) => expect(glance(body)).toBeUndefined())

    it('nor bytes that are no UTF-8', () => {
      const spoilt = utf8(plain).map((byte) => (byte > 0x7f ? 0xff : byte))
      expect(readCtyunEcho(answerOf(spoilt), KEYS, { quiet: false, bucket: 'b' })).toBeUndefined()
    })
  })

  it('nor bytes that are no UTF-8', async () => {
    const spoilt = (body: string) => Uint8Array.from([...utf8(body)].map((byte) => (byte === 0x7e ? 0xff : byte)))
    const kv = answerOf(spoilt(`{"RequestId":"~","SuccessKeys":${JSON.stringify(KEYS)},"FailKeys":[]}`))
    expect(readEcho(kv, whole)).toBeUndefined()
    expect(readBatch(kv, KEYS)).toMatchObject({ kind: 'refusal', code: 'BadResponse' })
    const s3 = answerOf(spoilt(xml.replace('2006', '~')))
    const mode = { quiet: false, isWhole: true, emptyIsSuccess: false }
    expect(await readDeleted(s3, KEYS, mode)).toMatchObject({ kind: 'refusal', code: 'BadResponse' })
  })
})
