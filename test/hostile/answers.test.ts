import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type DeleteReport, isKeysweepError } from '../../src/index.js'
import { expectAccounted, expectKeysweepError } from '../providers/expectations.js'
import { QUICK, SUBJECTS, type Subject } from '../providers/lab.js'

const KEYS = ['a', 'b', 'c']
type Family = Subject['family']

/** An answer of status 200, and the keys it says are deleted, each unmistakably and to the end. */
interface Answer {
  readonly what: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly says?: readonly string[]
  /** The same for a quiet request; where absent, silence means nothing and `says` holds. */
  readonly quietly?: readonly string[]
}

/** Answers that say nothing to anyone. */
const JUNK: readonly Answer[] = [
  ...['', ' \r\n\t', 'OK', 'true', 'null', '0', '"a"', '[]', '["a","b","c"]', '{', '}', '<', '<>', '\ufeff', '\0'],
  ...['<!DOCTYPE html><html><body>a b c</body></html>', '<html><Deleted><Key>a</Key></Deleted></html>'],
  ...['<Deleted><Key>a</Key></Deleted>', '<DeleteResult>', '<DeleteResult><Deleted><Key>a</Key></Deleted>'],
  ...['<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult', '</DeleteResult>', '<Error/>', '<Error>'],
  ...['<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult><Error><Code>No</Code></Error>'],
  ...['<Error><Code>InternalError</Code><Deleted><Key>a</Key></Deleted></Error>'],
  ...['<!DOCTYPE x [<!ENTITY k "a">]><DeleteResult><Deleted><Key>&k;</Key></Deleted></DeleteResult>'],
  ...['<DeleteResult><Deleted><Key>&unknown;</Key></Deleted></DeleteResult>', '<a><b></a></b>'],
  ...['{"SuccessKeys":["a","b","c"],"FailKeys":[]', '{"SuccessKeys":"abc","FailKeys":[]}', '{"SuccessKeys":[1,2,3]}'],
  ...['{"SuccessKeys":{"0":"a","length":1},"FailKeys":[]}', '{"SuccessKeys":["a",null],"FailKeys":[]}'],
  ...[
    '{"SuccessKeys":["a"],"FailKeys":"b"}',
    '{"SuccessKeys":["a"],"FailKeys":[{"Key":"b"}]}',
    '{"SuccessKeys":[["a"]]}',
  ],
  ...['{"statusCode":800', '{"statusCode":800,"returnObj":[]}', '{"statusCode":800,"returnObj":"a"}'],
  ...['{"statusCode":800,"returnObj":{"deleted":"a"}}', '{"statusCode":800,"returnObj":{"deleted":["a"]}}'],
  ...['{"statusCode":800,"returnObj":{"deleted":[{"key":"a"}],"errors":7}}', '{"statusCode":[800]}x'],
  ...['{"Code":"InternalError","Message":"a"}', '{"Code":7}x', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}x`],
].map((body) => ({ what: JSON.stringify(body).slice(0, 90), body }))

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
const utf16 = (text: string) => new Uint8Array(Uint16Array.from([0xfeff, ...bytes(text)]).buffer)
const notUtf8 = (text: string) => new Uint8Array([...bytes(text).map((byte) => (byte === 0x23 ? 0xff : byte))])
const xml = (entries: string) =>
  `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${entries}</DeleteResult>`
const deleted = (...keys: string[]) => keys.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')
const failed = (key: string, code = 'AccessDenied') => `<Error><Key>${key}</Key><Code>${code}</Code></Error>`
const kv = (SuccessKeys: unknown, FailKeys: unknown = []) => JSON.stringify({ RequestId: 'r', SuccessKeys, FailKeys })
const envelope = (gone: unknown, errors: unknown = [], rest: object = {}) =>
  JSON.stringify({ statusCode: 800, returnObj: { deleted: gone, errors }, ...rest })
const objects = (...keys: string[]) => keys.map((key) => ({ key }))

/** Answers that say something, and often too much. */
const ANSWERS: Readonly<Record<Family, readonly Answer[]>> = {
  s3: [
    { what: 'all keys', body: xml(deleted('a', 'b', 'c')), says: KEYS },
    { what: 'all keys in another order', body: xml(deleted('c', 'a', 'b')), says: KEYS },
    { what: 'nothing', body: xml(''), says: [], quietly: KEYS },
    { what: 'some keys', body: xml(deleted('a', 'c')), says: ['a', 'c'], quietly: KEYS },
    { what: 'invented keys', body: xml(deleted('x', 'y', 'z')), says: [], quietly: KEYS },
    { what: 'invented keys beside real ones', body: xml(deleted('a', 'x', 'b', 'y')), says: ['a', 'b'], quietly: KEYS },
    { what: 'keys that only look alike', body: xml(deleted(' a ', 'A', 'b ', '&#99;\n')), says: [], quietly: KEYS },
    { what: 'a key deleted and failed', body: xml(deleted('a', 'b', 'c') + failed('a')), says: ['b', 'c'] },
    { what: 'a key failed and deleted', body: xml(failed('a') + deleted('a', 'b', 'c')), says: ['b', 'c'] },
    { what: 'one key many times', body: xml(deleted('a', 'a', 'a', 'a')), says: ['a'], quietly: KEYS },
    { what: 'a failed key many times', body: xml(failed('a') + failed('a')), says: [], quietly: [] },
    { what: 'a failure without a key', body: xml('<Error><Code>InternalError</Code></Error>'), says: [], quietly: [] },
    { what: 'a failure of an invented key', body: xml(failed('x')), says: [], quietly: [] },
    { what: 'a failure of an empty key', body: xml(failed('')), says: [], quietly: [] },
    { what: 'a failure without a code', body: xml('<Error><Key>a</Key></Error>'), says: [], quietly: ['b', 'c'] },
    {
      what: 'deletions without keys',
      body: xml('<Deleted/><Deleted></Deleted><Deleted><Key/></Deleted>'),
      quietly: KEYS,
    },
    { what: 'keys one level deeper', body: xml(`<List>${deleted('a', 'b', 'c')}</List>`), says: [] },
    { what: 'failures of another kind', body: xml('<Errors><Key>a</Key></Errors>'), says: [] },
    { what: 'a failure as text', body: xml('&lt;Error&gt;'), says: [] },
    { what: 'a failure as a deletion', body: xml('<Deleted><Key>a</Key><Code>AccessDenied</Code></Deleted>') },
    { what: 'two keys in one entry', body: xml('<Deleted><Key>a</Key><Key>b</Key></Deleted>') },
    { what: 'a key within a key', body: xml('<Deleted><Key>a<Key>b</Key></Key></Deleted>') },
    {
      what: 'a key deleted and failed in another version',
      body: xml('<Deleted><Key>a</Key></Deleted><Error><Key>a</Key><VersionId>v</VersionId><Code>No</Code></Error>'),
      says: [],
      quietly: ['b', 'c'],
    },
    { what: 'keys in a comment', body: xml(`<!--${deleted('a')}-->`), says: [], quietly: KEYS },
    {
      what: 'another version',
      body: xml('<Deleted><Key>a</Key><VersionId>v</VersionId></Deleted>'),
      says: ['a'],
      quietly: KEYS,
    },
    { what: 'UTF-16', body: utf16(xml(deleted('a'))) },
    { what: 'bytes that are not UTF-8', body: notUtf8(xml(deleted('a', '#'))) },
    { what: 'gzip without saying so', body: new Uint8Array(gzipSync(xml(deleted('a', 'b', 'c')))) },
    {
      what: 'many invented keys',
      body: xml(deleted(...Array.from({ length: 20_000 }, (_, at) => `x${at}`))),
      quietly: KEYS,
    },
  ],
  kv: [
    { what: 'all keys', body: kv(KEYS), says: KEYS },
    { what: 'all keys in another order', body: kv(['c', 'a', 'b']), says: KEYS },
    { what: 'no lists', body: '{"RequestId":"r"}' },
    { what: 'nothing', body: kv([]) },
    { what: 'null for lists', body: kv(null, null) },
    { what: 'some keys', body: kv(['a', 'c']), says: ['a', 'c'] },
    { what: 'invented keys', body: kv(['x', 'y', 'z']) },
    { what: 'invented keys beside real ones', body: kv(['a', 'x', 'b', 'y']), says: ['a', 'b'] },
    { what: 'keys that only look alike', body: kv([' a ', 'A', 'b ', 'c\n']) },
    { what: 'a key deleted and failed', body: kv(KEYS, ['a']), says: ['b', 'c'] },
    { what: 'one key many times', body: kv(['a', 'a', 'a']), says: ['a'] },
    { what: 'invented failures', body: kv(['a', 'b'], ['x', '__proto__']), says: ['a', 'b'] },
    { what: 'keys of a prototype', body: '{"__proto__":{"SuccessKeys":["a"]},"RequestId":"r"}' },
    { what: 'UTF-16', body: utf16(kv(KEYS)) },
    { what: 'bytes that are not UTF-8', body: notUtf8(kv(['a', '#'])) },
    { what: 'gzip without saying so', body: new Uint8Array(gzipSync(kv(KEYS))) },
    { what: 'many invented keys', body: kv(Array.from({ length: 100_000 }, (_, at) => `x${at}`)) },
  ],
  ctyun: [
    { what: 'all keys', body: envelope(objects(...KEYS)), says: KEYS },
    { what: 'all keys in another order', body: envelope(objects('c', 'a', 'b')), says: KEYS },
    { what: 'nothing', body: envelope([]), quietly: KEYS },
    { what: 'no lists', body: '{"statusCode":800,"returnObj":{}}', quietly: KEYS },
    { what: 'some keys', body: envelope(objects('a', 'c')), says: ['a', 'c'], quietly: KEYS },
    { what: 'invented keys', body: envelope(objects('x', 'y')), quietly: KEYS },
    { what: 'keys that only look alike', body: envelope(objects(' a ', 'A', 'b ')), quietly: KEYS },
    {
      what: 'a key deleted and failed',
      body: envelope(objects(...KEYS), [{ key: 'a', code: 'AccessDenied' }]),
      says: ['b', 'c'],
    },
    { what: 'a failure without a key', body: envelope([], [{ code: 'AccessDenied' }]), quietly: [] },
    { what: 'a failure of an invented key', body: envelope([], [{ key: 'x', code: 'No' }]), quietly: [] },
    { what: 'a failure without a code', body: envelope([], [{ key: 'a' }]), quietly: ['b', 'c'] },
    { what: 'a failure with a code of another type', body: envelope([], [{ key: 'a', code: 7 }]), quietly: ['b', 'c'] },
    { what: 'a deletion without a key', body: envelope([{}, { key: 7 }, { key: null }]), quietly: KEYS },
    { what: 'no status code', body: '{"returnObj":{"deleted":[{"key":"a"}]}}' },
    { what: 'a status code of another type', body: '{"statusCode":{},"returnObj":{"deleted":[]}}' },
    { what: 'a success of the gateway', body: '{"statusCode":"CTAPI_800","returnObj":{"deleted":[{"key":"a"}]}}' },
    { what: 'a status code in a list', body: '{"statusCode":[800],"returnObj":{"deleted":[{"key":"a"}]}}' },
    {
      what: 'a status code that is no text',
      body: '{"statusCode":{"toString":7},"returnObj":{"deleted":[{"key":"a"}]}}',
    },
    { what: 'UTF-16', body: utf16(envelope(objects(...KEYS))) },
    { what: 'bytes that are not UTF-8', body: notUtf8(envelope(objects('a', '#'))) },
    { what: 'gzip without saying so', body: new Uint8Array(gzipSync(envelope(objects(...KEYS)))) },
  ],
}

const STATUSES = [
  201, 202, 206, 300, 304, 400, 401, 403, 404, 409, 412, 413, 416, 422, 429, 500, 501, 502, 503, 505, 599,
]

for (const subject of Object.values<Subject>(SUBJECTS)) {
  const open = (answer: (request: Request) => unknown, maxAttempts = 2) =>
    subject.open({
      endpoint: 'http://127.0.0.1:1',
      retry: { ...QUICK, maxAttempts },
      timeoutMs: 40,
      fetch: answer as (request: Request) => Promise<Response>,
    })
  /** A run never ends but with a report, resolved or in a `KeysweepError`. */
  const run = async (answer: (request: Request) => unknown, quiet = false): Promise<DeleteReport> => {
    const report = await open(answer)
      .deleteMany(KEYS, { quiet })
      .catch((error: unknown) => expectKeysweepError(error).report)
    expectAccounted(report, KEYS.slice(0, report.resumeFrom))
    return report
  }
  const keysOf = ({ deleted: gone }: DeleteReport) => gone.map(({ key }) => key)

  describe(subject.name, () => {
    for (const { what, body, says = [], quietly = says } of [...JUNK, ...ANSWERS[subject.family]])
      it(`believes of an answer with ${what} no more than it says`, async () => {
        const isDocumentedSilence = subject.name === 'yandex' && typeof body === 'string' && body.trim() === ''
        const report = await run(() => new Response(body))
        expect(keysOf(report)).toEqual(says)
        for (const { outcome, code, message } of report.failed) {
          expect(outcome).not.toBe('not-sent')
          expect(code.length).toBeGreaterThan(0)
          expect(message.length).toBeGreaterThan(0)
        }
        const silent = isDocumentedSilence ? KEYS : subject.family === 'kv' ? says : quietly
        expect(keysOf(await run(() => new Response(body), true))).toEqual(silent)
      })

    it('does not call refused what the answer also calls deleted', async () => {
      const both = ANSWERS[subject.family].find(({ what }) => what === 'a key deleted and failed')
      const report = await run(() => new Response(both?.body))
      expect(report.failed).toMatchObject([{ key: 'a', outcome: 'unknown' }])
    })

    it('calls unknown what junk leaves open', async () => {
      for (const { body, what } of JUNK) {
        const report = await run(() => new Response(body))
        for (const { outcome } of report.failed) expect(outcome, what).toBe('unknown')
      }
    })

    it('believes no deletion of an answer whose status is no success', async () => {
      const bodies = [...JUNK.slice(0, 20), ...ANSWERS[subject.family].filter(({ says = [] }) => says.length > 0)]
      for (const status of STATUSES.filter((code) => code >= 300))
        for (const { body, what } of bodies)
          for (const quiet of [false, true]) {
            const answer = () => new Response(status === 304 ? null : body, { status })
            expect(keysOf(await run(answer, quiet)), `${status} with ${what}`).toEqual([])
          }
    })

    it('survives any success that is not 200', async () => {
      for (const status of STATUSES.filter((code) => code < 300))
        for (const { body, says = [], what } of [...JUNK, ...ANSWERS[subject.family]]) {
          const report = await run(() => new Response(body, { status }))
          expect(
            keysOf(report).filter((key) => !says.includes(key)),
            `${status} with ${what}`,
          ).toEqual([])
        }
      await run(() => new Response(null, { status: 204 }))
    })

    const headers: readonly Readonly<Record<string, string>>[] = [
      { 'retry-after': '-1' },
      { 'retry-after': '99999999999999999999' },
      { 'retry-after': 'soon' },
      { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT', date: 'yesterday' },
      { 'x-acs-retry-after': 'Infinity', 'x-ratelimit-user-api': 'TimeLeft:999999999999999999999' },
      { 'x-acs-retry-after': '-5', 'x-ratelimit-user': 'TimeLeft:x' },
      { date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
      { date: 'Fri, 31 Dec 9999 23:59:59 GMT' },
      { 'content-length': '5', 'content-type': 'image/png' },
    ]
    it('survives odd headers', async () => {
      for (const sent of headers)
        for (const status of [200, 401, 403, 429, 503]) {
          const report = await run(
            () => new Response('<Error><Code>RequestTimeTooSkewed</Code></Error>', { status, headers: sent }),
          )
          expect(report.deleted).toEqual([])
          expect(report.stats.requests).toBeLessThanOrEqual(4)
        }
    })

    const transports: readonly (readonly [what: string, answer: (request: Request) => unknown])[] = [
      [
        'throws',
        () => {
          throw new Error('no')
        },
      ],
      ['rejects with text', () => Promise.reject('no')],
      ['rejects with nothing', () => Promise.reject()],
      ['resolves to nothing', async () => undefined],
      ['resolves to text', async () => 'answer'],
      ['resolves to an error', async () => Response.error()],
      ['never resolves', () => new Promise(() => {})],
      ['never ends its answer', async () => new Response(new ReadableStream())],
      [
        'breaks its answer off',
        async () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) })),
      ],
      [
        'answers with something other than bytes',
        async () =>
          new Response(
            new ReadableStream({
              start: (controller) => {
                controller.enqueue('text')
                controller.close()
              },
            }),
          ),
      ],
      [
        'answers with a body that was read',
        async () => {
          const response = new Response('x')
          await response.text()
          return response
        },
      ],
    ]
    for (const [what, answer] of transports)
      it(`survives a fetch that ${what}`, async () => {
        const report = await run(answer)
        expect(report.deleted).toEqual([])
        expect(report.failed.map(({ outcome }) => outcome)).toEqual(KEYS.map(() => 'unknown'))
      })

    it('does not read an answer without end', async () => {
      let read = 0
      const flood = () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              read += 1 << 20
              controller.enqueue(new Uint8Array(1 << 20).fill(0x20))
            },
          }),
        )
      const report = await subject
        .open({ endpoint: 'http://127.0.0.1:1', retry: { maxAttempts: 1 }, fetch: async () => flood() })
        .deleteMany(KEYS)
      expectAccounted(report, KEYS)
      for (const failure of report.failed) expect(failure).toMatchObject({ code: 'BadResponse', outcome: 'unknown' })
      expect(read).toBeLessThan(64 << 20)
    })

    it('rejects with nothing but its own error, whatever the order of bad answers', async () => {
      const bodies = [...JUNK, ...ANSWERS[subject.family]].map(({ body }) => body)
      const statuses = [200, ...STATUSES].filter((status) => status !== 304)
      for (let round = 0; round < 30; round++) {
        let asked = round
        const answer = async () => {
          asked = (asked * 7919 + 104_729) % 1_000_003
          return new Response(bodies[asked % bodies.length], { status: statuses[asked % statuses.length] ?? 200 })
        }
        try {
          const report = await open(answer, 4).deleteMany(KEYS, { quiet: round % 2 === 1 })
          expectAccounted(report, KEYS)
        } catch (error) {
          if (!isKeysweepError(error)) throw error
          expectAccounted(error.report as DeleteReport, KEYS.slice(0, error.report?.resumeFrom))
        }
      }
    })
  })
}
