import { describe, expect, test } from 'vitest'
import { identityOf, type ObjectKey } from '../../src/items.js'
import { DECODERS, type DecoderName } from '../fuzz/decoders.js'
import { complaints, isDone } from '../fuzz/judge.js'

/** An answer that a decoder once made too much of, or threw at. */
interface Case {
  readonly name: string
  readonly decoder: DecoderName
  readonly body: string
  readonly status?: number
  readonly quiet?: boolean
  readonly items?: readonly ObjectKey[]
  /** Which of the items are done, by their place; none where absent. */
  readonly done?: readonly number[]
}

const ERROR = '<Error><Code>InternalError</Code></Error>'
const result = (entries: string) => `<DeleteResult>${entries}</DeleteResult>`

const CASES: readonly Case[] = [
  { name: 'a single deletion with an error in its 200', decoder: 's3 DeleteObject', body: ERROR },
  { name: 'a single deletion with a page in its 200', decoder: 's3 DeleteObject', body: '<!DOCTYPE html><p>Sign in' },
  { name: 'a single deletion with half an error in its 200', decoder: 's3 DeleteObject', body: '<Error><Code>Inter' },
  { name: 'a single deletion with a result in its 200', decoder: 's3 DeleteObject', body: result('') },
  { name: 'a single deletion with a 200 and no body', decoder: 's3 DeleteObject', body: '' },
  { name: 'a put with an error code that is a number', decoder: 'alibaba-esa PutKv', body: '{"Code":500}' },
  { name: 'a put with an error code that is an object', decoder: 'alibaba-esa PutKv', body: '{"code":{}}' },
  { name: 'a put with an error beside a list', decoder: 'alibaba-esa PutKv', body: '{"Code":"E","SuccessKeys":[]}' },
  { name: 'a put with no error code', decoder: 'alibaba-esa PutKv', body: '{"Code":null,"Length":"5"}', done: [0] },
  { name: 'a put with nothing in its 200', decoder: 'alibaba-esa PutKv', body: '{}' },
  { name: 'a put with nulls in its 200', decoder: 'alibaba-esa PutKv', body: '{"Length":null,"RequestId":null}' },
  {
    name: 'a status code in a list',
    decoder: 'ctyun-zos delete-objects',
    body: '{"statusCode":[800],"returnObj":{"deleted":[{"key":"a"}]}}',
  },
  {
    name: 'a status code that cannot be made a text',
    decoder: 'ctyun-zos delete-objects',
    body: '{"statusCode":{"toString":1}}',
  },
  {
    name: 'a key that imitates a key with a version',
    decoder: 'ctyun-zos delete-objects',
    items: [{ key: 'a', versionId: 'v' }],
    body: JSON.stringify({
      statusCode: 800,
      returnObj: { deleted: [{ key: identityOf({ key: 'a', versionId: 'v' }) }] },
    }),
  },
  {
    name: 'what a failed envelope lists under a status that is no success',
    decoder: 'ctyun-zos delete-objects',
    status: 500,
    body: '{"statusCode":900,"returnObj":{"deleted":[{"key":"a"}]}}',
  },
  {
    name: 'what a failed envelope lists under a success',
    decoder: 'ctyun-zos delete-objects',
    body: '{"statusCode":900,"returnObj":{"deleted":[{"key":"a"}]}}',
    done: [0],
  },
  {
    name: 'silence beside an entry of another kind',
    decoder: 's3 DeleteObjects',
    quiet: true,
    body: result('<Errors><Key>a</Key></Errors>'),
  },
  {
    name: 'silence beside text',
    decoder: 's3 DeleteObjects',
    quiet: true,
    body: result('<![CDATA[<Error><Key>a</Key></Error>]]>'),
  },
  {
    name: 'a deletion that is also an error',
    decoder: 's3 DeleteObjects',
    body: result('<Deleted><Key>a</Key><Code>AccessDenied</Code></Deleted>'),
  },
  {
    name: 'an entry with two keys',
    decoder: 's3 DeleteObjects',
    body: result('<Deleted><Key>a</Key><Key>b</Key></Deleted>'),
  },
  {
    name: 'a key around another',
    decoder: 's3 DeleteObjects',
    body: result('<Deleted><Key>a<Key>b</Key></Key></Deleted>'),
  },
  {
    name: 'an attribute with a tag in it',
    decoder: 's3 DeleteObjects',
    body: '<DeleteResult xmlns="<x>"><Deleted><Key>a</Key></Deleted></DeleteResult>',
  },
  {
    name: 'two deletions of one key, of which two versions were asked for',
    decoder: 's3 DeleteObjects',
    items: ['a', { key: 'a', versionId: 'v' }],
    body: result('<Deleted><Key>a</Key></Deleted><Deleted><Key>a</Key></Deleted>'),
    done: [0],
  },
  {
    name: 'another encoding than that of its bytes',
    decoder: 's3 DeleteObjects',
    items: ['ü'],
    body: `<?xml version="1.0" encoding="ISO-8859-1"?>${result('<Deleted><Key>ü</Key></Deleted>')}`,
  },
  {
    name: 'line ends of another version of XML',
    decoder: 's3 DeleteObjects',
    items: ['a\u0085'],
    body: `<?xml version="1.1"?>${result('<Deleted><Key>a\u0085</Key></Deleted>')}`,
  },
]

describe('an answer is believed no further than it goes:', () => {
  test.each(CASES)('$name', async ({ decoder, body, status = 200, quiet = false, items = ['a'], done = [] }) => {
    const { decode, read } = DECODERS[decoder]
    const answer = { status, header: () => undefined, body: new TextEncoder().encode(body) }
    const verdict = await decode(answer, items, { quiet, bypassGovernance: false })
    expect(items.flatMap((_, index) => (isDone(verdict, index) ? [index] : []))).toEqual(done)
    expect(complaints(verdict, items, quiet, read(answer))).toEqual([])
  })
})

test('a key that an answer calls deleted and, in another version, failed is not called refused', async () => {
  const body = result('<Deleted><Key>a</Key></Deleted><Error><Key>a</Key><VersionId>v</VersionId></Error>')
  const answer = { status: 200, header: () => undefined, body: new TextEncoder().encode(body) }
  const verdict = await DECODERS['s3 DeleteObjects'].decode(answer, ['a'], { quiet: false, bypassGovernance: false })
  expect(verdict).toMatchObject({ kind: 'outcomes', outcomes: [{ code: 'Unspecified', unsure: true }] })
})

test.each<readonly [what: string, decoder: DecoderName, body: string]>([
  ['elements', 's3 DeleteObjects', result('<x/>'.repeat(100_001))],
  [
    'attributes',
    's3 DeleteObjects',
    `<DeleteResult ${Array.from({ length: 100_001 }, (_, at) => `a${at}=""`).join(' ')}/>`,
  ],
  ['references', 's3 DeleteObjects', result(`<x/>${'&#1;'.repeat(1_100_001)}`)],
  ['line ends', 's3 DeleteObjects', result('\r'.repeat(1_100_001))],
  ['lists', 'alibaba-esa BatchDeleteKv', `{"SuccessKeys":["a"],"x":[${'[],'.repeat(400_000)}0]}`],
  ['objects', 'alibaba-esa BatchDeleteKv', `{"SuccessKeys":["a"],"x":[${'{},'.repeat(400_000)}0]}`],
])('an answer of more %s than any has is not taken into memory', async (_, decoder, body) => {
  const answer = { status: 200, header: () => undefined, body: new TextEncoder().encode(body) }
  const verdict = await DECODERS[decoder].decode(answer, ['a'], { quiet: true, bypassGovernance: false })
  expect(verdict).toMatchObject({ kind: 'refusal', code: 'BadResponse', message: expect.stringMatching(/more|many/) })
})

test('a long answer of keys full of brackets and quotes is read', async () => {
  const items = Array.from({ length: 5000 }, (_, at) => `${at}"[{\\`.repeat(40))
  const body = new TextEncoder().encode(JSON.stringify({ SuccessKeys: items }))
  expect(body.length).toBeGreaterThan(1 << 20)
  const answer = { status: 200, header: () => undefined, body }
  const verdict = await DECODERS['alibaba-esa BatchDeleteKv'].decode(answer, items, {
    quiet: false,
    bypassGovernance: false,
  })
  expect(verdict).toEqual({ kind: 'outcomes' })
})
