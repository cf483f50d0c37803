import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isKeysweepError, type KeysweepError } from '../../src/errors.js'
import { hostileKeys, lookAlikes } from '../providers/keys.js'
import { Bucket } from './bucket.js'
import { CLIENTS, s3Client } from './clients.js'
import { type Gateway, startGateway } from './gateway.js'
import { expectTruth } from './truth.js'

let gateway: Gateway
let bucket: Bucket

beforeAll(async () => {
  gateway = await startGateway()
})

afterAll(() => gateway?.stop())

beforeEach(async () => {
  bucket = await Bucket.create(gateway)
})

const numbered = (count: number, prefix = 'key-') => Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** Each key with one that a careless client, or XML, would take for it. */
const LOOK_ALIKES: readonly (readonly [string, string])[] = [
  ['cr\r', 'cr\n'],
  ['crlf\r\n', 'crlf\n'],
  ['r\u00e9', 're\u0301'],
  [' blank', 'blank'],
  ['blank after ', 'blank after'],
  ['\ttab', 'tab'],
  ['two  blanks', 'two blanks'],
  ['double//slash', 'double/slash'],
  ['/root', 'root'],
  ['./here', 'here'],
  ['../up', 'up'],
  ['in/../side', 'side'],
  ['.', '..'],
  ['/', '//'],
  ['slash/', 'slash'],
  ['back\\slash', 'back/slash'],
  ['%41', 'A'],
  ['%2F', '%252F'],
  ['a+b', 'a b'],
  ['?query', '?query='],
  ['#mark', '%23mark'],
  ['&amp;', '&'],
  ['&#38;', '&#x26;'],
  ['<Key>k</Key>', 'k'],
  [']]>', ']]&gt;'],
  ['<![CDATA[data]]>', 'data'],
  ['</Key></Object></Delete>', '</Delete>'],
  ['"quoted"', '&quot;quoted&quot;'],
  ["it's", 'its'],
  ['007', '7'],
  ['1e3', '1000'],
  ['true', 'True'],
  ['null', 'undefined'],
  ['__proto__', 'prototype'],
  ['constructor', 'toString'],
  ['upper', 'UPPER'],
  ['\u212a', 'K'],
  ['\ufb01', 'fi'],
  ['next\u0085line', 'next\nline'],
  ['line\u2028', 'line\n'],
  ['\ufeffmark', 'mark'],
  ['no\u00a0break', 'no break'],
  ['zero\u200bwidth', 'zerowidth'],
  ['delete\u007f', 'delete'],
  ['\u0080', '\u0081'],
  ['\ue000', '\uf8ff'],
  ['\ufffd', '\ufffd\ufffd'],
  ['\u{1f600}', '\u{1f601}'],
  ['\u{10ffff}', '\u{10fffe}'],
  ['\u{1f468}\u200d\u{1f469}', '\u{1f468}\u{1f469}'],
  ['x'.repeat(1024), 'x'.repeat(1023)],
  ['\u00fc'.repeat(512), '\u00fc'.repeat(511)],
]

/** Keys that the store holds and XML has no spelling for, and their look-alikes. */
const BEYOND_XML: readonly (readonly [string, string])[] = [
  ['start\u0001', 'start'],
  ['bell\u0007', 'bell\\u0007'],
  ['vertical\u000btab', 'vertical\ntab'],
  ['form\u000cfeed', 'form\nfeed'],
  ['escape\u001b', 'escape&#x1b;'],
  ['unit\u001f', 'unit '],
  ['\ufffe', '\ufffd'],
  ['\uffff', '\u{1ffff}'],
  ['up/../\u0001', 'up/\u0001'],
  ['/\u0002//', '/\u0002/'],
  ['?\u0003#%41+', '?\u0003#A '],
  ['\u0004\r\n', '\u0004\n'],
  ["\u0005!'()*~", "\u0005%21'()*~"],
]

const firsts = (pairs: readonly (readonly [string, string])[]) => pairs.map(([first]) => first)
const seconds = (pairs: readonly (readonly [string, string])[]) => pairs.map(([, second]) => second)
const byBytes = (keys: readonly string[]) => [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

describe.each(Object.entries(CLIENTS))('%s', (_name, open) => {
  describe.each([{ quiet: false }, { quiet: true }])('quiet: $quiet', ({ quiet }) => {
    test('sends nothing for an empty list', async () => {
      const { deleted, failed, stats } = await open(gateway, bucket.name).deleteMany([], { quiet })
      expect({ deleted, failed, requests: stats.requests }).toEqual({ deleted: [], failed: [], requests: 0 })
    })

    test('deletes what it is given and nothing else, and is told that missing keys are deleted', async () => {
      const stored = numbered(30)
      await bucket.putAll(stored)
      const given = [...stored.slice(0, 20), ...numbered(5, 'missing-')]
      const report = await open(gateway, bucket.name).deleteMany(given, { quiet })
      expect(report.deleted).toEqual(given.map((key) => ({ key })))
      const left = await bucket.keys()
      expect(left).toEqual(byBytes(stored.slice(20)))
      expectTruth(report, given, stored, left)
    })

    test('sends a full batch as one, and one key more as two', async () => {
      const stored = ['key-0', 'key-998', 'key-999', 'key-1000', 'key-1001']
      await bucket.putAll(stored)
      const client = open(gateway, bucket.name)
      const full = await client.deleteMany(numbered(1000), { quiet })
      expect([full.stats.requests, full.stats.retries]).toEqual([1, 0])
      expect(await bucket.keys()).toEqual(['key-1000', 'key-1001'])
      await bucket.putAll(stored)
      const fuller = await client.deleteMany(numbered(1001), { quiet })
      expect([fuller.stats.requests, fuller.stats.retries]).toEqual([2, 0])
      const left = await bucket.keys()
      expect(left).toEqual(['key-1001'])
      expectTruth(fuller, numbered(1001), stored, left)
    })

    test('sends duplicates once and reports each', async () => {
      const given = ['a', 'b', 'a', 'c', 'a', 'b']
      await bucket.putAll(['a', 'b', 'c', 'd'])
      const report = await open(gateway, bucket.name).deleteMany(given, { quiet })
      expect(report.deleted.map(({ key }) => key)).toEqual(given)
      const left = await bucket.keys()
      expect(left).toEqual(['d'])
      expectTruth(report, given, 'abcd', left)
    })
  })
})

describe.each(Object.entries(CLIENTS))('hostile keys: %s', (_name, open) => {
  const cases = [
    { what: 'every key', given: firsts(LOOK_ALIKES), kept: seconds(LOOK_ALIKES), quiet: false, alone: 0 },
    { what: 'every look-alike', given: seconds(LOOK_ALIKES), kept: firsts(LOOK_ALIKES), quiet: true, alone: 0 },
    {
      what: 'every key that XML cannot say',
      given: firsts(BEYOND_XML),
      kept: seconds(BEYOND_XML),
      quiet: false,
      alone: BEYOND_XML.length,
    },
  ]
  test.each(cases)('$what goes, and its counterpart stays', async ({ given, kept, quiet, alone }) => {
    const stored = [...given, ...kept]
    await bucket.putAll(stored)
    expect(await bucket.keys()).toEqual(byBytes(stored))
    const report = await open(gateway, bucket.name).deleteMany(given, { quiet })
    expect(report.failed).toEqual([])
    expect(report.stats.requests).toBe(alone || 1)
    const left = await bucket.keys()
    expect(left).toEqual(byBytes(kept))
    expectTruth(report, given, stored, left)
  })
})

describe('hostile keys, each with all that could be taken for it', () => {
  /** The store has no name for a key with U+0000. */
  const hasName = (key: string) => !key.includes('\u0000')

  test('the key goes and they stay; they go and the key stays', async () => {
    const keys = hostileKeys(1024).filter(hasName)
    const client = s3Client(gateway, bucket.name)
    for (const key of keys) {
      const others = lookAlikes(key, 1024).filter(hasName)
      const stored = [key, ...others]
      await bucket.putAll(stored)
      const report = await client.deleteMany([key])
      const left = await bucket.keys()
      expect(left, JSON.stringify(key)).toEqual(byBytes(others))
      expectTruth(report, [key], stored, left)
      await bucket.put(key)
      const reverse = await client.deleteMany(others)
      const kept = await bucket.keys()
      expect(kept, JSON.stringify(key)).toEqual([key])
      expectTruth(reverse, others, stored, kept)
      await client.deleteMany([key])
    }
  })
})

describe('what cannot be sent', () => {
  test('keys that the store cannot hold fail alone', async () => {
    await bucket.putAll(['a', 'b'])
    const given = ['a', '', 'x'.repeat(1025), '\ud800', 'b']
    const report = await s3Client(gateway, bucket.name).deleteMany(given)
    expect(report.deleted).toEqual([{ key: 'a' }, { key: 'b' }])
    expect(report.failed.map(({ code, outcome }) => [code, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['InvalidKey', 'not-sent']),
    )
    expectTruth(report, given, 'ab', await bucket.keys())
  })

  test('a key with a character that the store has no name for is refused, and its neighbours go', async () => {
    await bucket.putAll(['a', 'b'])
    const given = ['a', 'nul\u0000', 'b']
    const report = await s3Client(gateway, bucket.name).deleteMany(given)
    expect(report.deleted).toEqual([{ key: 'a' }, { key: 'b' }])
    expect(report.failed).toMatchObject([{ key: 'nul\u0000', outcome: 'refused', status: 400 }])
  })
})

describe('bytes', () => {
  const cases = [
    { what: 'long keys', keyAt: (index: number) => `${index}-`.padEnd(1024, 'x') },
    { what: 'keys that grow by escaping', keyAt: (index: number) => `${index}-`.padEnd(400, '&') },
    { what: 'keys of many bytes', keyAt: (index: number) => `${index}-`.padStart(8, 'x') + '\u{1f600}'.repeat(254) },
  ]
  test.each(cases)('a batch of $what is cut before it is sent', async ({ keyAt }) => {
    const given = Array.from({ length: 1000 }, (_, index) => keyAt(index))
    const stored = given.filter((_, index) => index % 25 === 0)
    await bucket.putAll([...stored, 'bystander'])
    // The store would refuse them all in one.
    expect(await bucket.deleteAtOnce(given)).toBe(416)
    const report = await s3Client(gateway, bucket.name).deleteMany(given)
    expect(report.stats.bytesSent).toBeGreaterThan(1_048_576)
    expect([report.stats.requests, report.stats.retries]).toEqual([Math.ceil(report.stats.bytesSent / 1_000_000), 0])
    expect(report.failed).toEqual([])
    expectTruth(report, given, [...stored, 'bystander'], await bucket.keys())
  })
})

describe('refusals of every request', () => {
  const stored = numbered(10)
  const fails = async (run: Promise<unknown>): Promise<KeysweepError> => {
    const error: unknown = await run.catch((thrown: unknown) => thrown)
    if (!isKeysweepError(error)) throw new Error('the run did not end as it should have', { cause: error })
    return error
  }

  beforeEach(() => bucket.putAll(stored))

  test('a wrong secret ends the run', async () => {
    const credentials = { ...gateway.owner, secretAccessKey: 'wrong' }
    const error = await fails(s3Client(gateway, bucket.name, { credentials }).deleteMany(stored))
    expect([error.code, error.status]).toEqual(['SignatureDoesNotMatch', 403])
    expect(await bucket.keys()).toEqual(stored)
  })

  test('an unknown key ends the run', async () => {
    const credentials = { ...gateway.owner, accessKeyId: 'NOBODY' }
    const error = await fails(s3Client(gateway, bucket.name, { credentials }).deleteMany(stored))
    expect([error.code, error.status]).toEqual(['InvalidAccessKeyId', 403])
    expect(await bucket.keys()).toEqual(stored)
  })

  test('a bucket that is not there ends the run', async () => {
    const error = await fails(s3Client(gateway, 'no-such-bucket').deleteMany(stored))
    expect([error.code, error.status]).toEqual(['NoSuchBucket', 404])
  })

  test('a body without a length ends the run', async () => {
    const chunked: typeof fetch = async (resource, init) => {
      const request = new Request(resource, init)
      const { method, headers, body } = request
      return fetch(request.url, { method, headers, body, duplex: 'half' } as RequestInit)
    }
    const client = s3Client(gateway, bucket.name, { fetch: chunked })
    const error = await fails(client.deleteMany(stored))
    expect([error.code, error.status]).toEqual(['MissingContentLength', 411])
    expect(await bucket.keys()).toEqual(stored)
  })

  test('another account ends the run, with everything still there', async () => {
    const client = s3Client(gateway, bucket.name, { credentials: gateway.stranger })
    const error = await fails(client.deleteMany(stored))
    expect([error.code, error.status]).toEqual(['AccessDenied', 403])
    if (!error.report || !('deleted' in error.report)) throw new Error('no report')
    expect(error.report.failed.map(({ outcome }) => outcome)).toEqual(stored.map(() => 'refused'))
    expectTruth(error.report, stored, stored, await bucket.keys())
  })

  test('a clock that is twenty minutes off is put right', async () => {
    const clock = () => new Date(Date.now() - 20 * 60_000)
    const report = await s3Client(gateway, bucket.name, { clock }).deleteMany(stored)
    expect([report.stats.requests, report.failed.length]).toEqual([2, 0])
    expectTruth(report, stored, stored, await bucket.keys())
  })
})
