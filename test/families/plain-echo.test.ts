import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeFormList } from '../../src/bodies/form.js'
import { utf8 } from '../../src/bytes.js'
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
        '&#97;',
        '\ufeff',
        '\r',
        '<!-- -->',
      ],
      ...['"SuccessKeys":["a"],', '"FailKeys":["a"],', '{"x":', '}', ']', '[', '"Code":"X",', '\\u0061', 'null', '0'],
    ),
  ),
})
const damaged = (body: string, { from, length, insert }: { from: number; length: number; insert: string }) => {
  const at = from % (body.length + 1)
  return body.slice(0, at) + insert + body.slice(at + length)
}

const whole = wholeFormList('Keys', KEYS, { mostBytes: 1_000, longestKey: 20 }, (bytes) => new Uint8Array(bytes))
const atLength = (body: string) => readBatch(answerOf(body), KEYS)
/** Falls back to the whole reading, as the client does. */
const atAGlance = (body: string) => readEcho(answerOf(body), whole) ?? atLength(body)

describe('what is read at a glance is what is read at length', () => {
  const entries = KEYS.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${entries}</DeleteResult>`
  const s3 = (body: string, isPlain: boolean, quiet = false) =>
    readDeleted(answerOf(body), KEYS, { quiet, isPlain, emptyIsSuccess: false })

  it('of a DeleteResult', async () => {
    expect(await s3(xml, true)).toEqual(await s3(xml, false))
    expect(await s3(xml, true)).toMatchObject({ kind: 'outcomes' })
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), fc.boolean(), async (damages, quiet) => {
        const body = damages.reduce(damaged, xml)
        expect(await s3(body, true, quiet)).toEqual(await s3(body, false, quiet))
      }),
      { numRuns: 2_000 },
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
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['a list of the same name deeper down', `{"x":{"SuccessKeys":${JSON.stringify(KEYS)}},"SuccessKeys":[]}`],
    ['a second list of that name', `{"SuccessKeys":${JSON.stringify(KEYS)},"SuccessKeys":[]}`],
    ['the same, spelt otherwise', `{"SuccessKeys":${JSON.stringify(KEYS)},"Success\\u004beys":[]}`],
    ['a failure as well', `{"SuccessKeys":${JSON.stringify(KEYS)},"FailKeys":["a"]}`],
    ['half an answer', `{"SuccessKeys":${JSON.stringify(KEYS)}`],
  ])('but not %s', (_, body) => {
    expect(readEcho(answerOf(body), whole)).toBeUndefined()
  })

  it('nor bytes that are no UTF-8', async () => {
    const spoilt = (body: string) => Uint8Array.from([...utf8(body)].map((byte) => (byte === 0x7e ? 0xff : byte)))
    const kv = answerOf(spoilt(`{"RequestId":"~","SuccessKeys":${JSON.stringify(KEYS)},"FailKeys":[]}`))
    expect(readEcho(kv, whole)).toBeUndefined()
    expect(readBatch(kv, KEYS)).toMatchObject({ kind: 'refusal', code: 'BadResponse' })
    const s3 = answerOf(spoilt(xml.replace('2006', '~')))
    const mode = { quiet: false, isPlain: true, emptyIsSuccess: false }
    expect(await readDeleted(s3, KEYS, mode)).toMatchObject({ kind: 'refusal', code: 'BadResponse' })
  })
})
