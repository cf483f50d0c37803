import { S3StorageClient } from 'keysweep/s3'
import { beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { NOW, s3 } from './requests.js'

let emulator: Emulator

beforeEach(() => {
  emulator = createEmulator()
  emulator.state.create('s3', 'b')
})

/** What was thrown, in a word. */
const thrown = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}

describe('faults that make no sense are refused by name', () => {
  test.each<[faults: unknown, refusal: RegExp]>([
    [null, /^TypeError: faults must be an object/],
    [undefined, /^TypeError: faults must be an object/],
    [[], /^TypeError: faults must be an object/],
    [{ resett: 1 }, /^TypeError: resett is no option here/],
    [{ status: { stauts: 1 } }, /^RangeError: status\.stauts must be a status from 300 to 599/],
    [{ status: { '500.5': 1 } }, /^RangeError: status\.500\.5 must be a status/],
    [{ status: { 200: 1 } }, /^RangeError: status\.200 must be a status/],
    [{ status: { 503: Number.NaN } }, /^RangeError: status\.503 must be a probability/],
    [{ status: { 503: 'x' } }, /^TypeError: status\.503 must be a number/],
    [{ status: { 500: 0.7, 503: 0.7 } }, /^RangeError: status: its probabilities add up to more than 1/],
    [{ status: null }, /^TypeError: status must be an object/],
    [{ keyErrors: { A: 0.7, B: 0.7 } }, /^RangeError: keyErrors: its probabilities/],
    [{ keyErrors: { SlowDown: true } }, /^TypeError: keyErrors\.SlowDown must be a number/],
    [{ keyErrors: 'SlowDown' }, /^TypeError: keyErrors must be an object/],
    [{ keyErrors: { '': 1 } }, /^TypeError: keyErrors has an empty code/],
    [{ reset: '1' }, /^TypeError: reset must be a number/],
    [{ reset: true }, /^TypeError: reset must be a number/],
    [{ empty: null }, /^TypeError: empty must be a number/],
    [{ html: 2 }, /^RangeError: html must be a probability from 0 to 1/],
    [{ clockSkewMs: Number.NaN }, /^RangeError: clockSkewMs must/],
    [{ clockSkewMs: 1e300 }, /^RangeError: clockSkewMs must/],
    [{ clockSkewMs: 'x' }, /^TypeError: clockSkewMs must be a number/],
    [{ latencyMs: Number.POSITIVE_INFINITY }, /^RangeError: latencyMs must/],
    [{ latencyMs: Number.NaN }, /^RangeError: latencyMs must/],
    [{ retryAfter: Number.NaN }, /^RangeError: retryAfter must/],
    [{ retryAfter: -1 }, /^RangeError: retryAfter must/],
    [{ slowBytesPerSecond: Number.POSITIVE_INFINITY }, /^RangeError: slowBytesPerSecond must/],
    [{ throttle: {} }, /^TypeError: throttle\.keysPerSecond must be a number/],
    [{ throttle: { keysPerSecond: 10, burst: '1' } }, /^TypeError: throttle\.burst must be a number/],
    [{ throttle: { keysPerSecond: Number.NaN, burst: 1 } }, /^RangeError: throttle\.keysPerSecond must/],
    [{ throttle: { keysPerSecond: 1, burst: Number.POSITIVE_INFINITY } }, /^RangeError: throttle\.burst must/],
    [{ throttle: { keysPerSecond: 1, burst: 1, bursts: 1 } }, /^TypeError: throttle\.bursts is no option here/],
  ])('%o', (faults, refusal) => {
    const set = emulator.faults as (store: 's3', faults: unknown) => void
    expect(thrown(() => set('s3', faults))).toMatch(refusal)
  })

  test('and those before stay as they were', async () => {
    emulator = createEmulator({ clock: () => NOW })
    emulator.state.create('s3', 'b')
    emulator.faults('all', { status: { 500: 1 } })
    expect(() => emulator.faults('all', { reset: 5 })).toThrow(RangeError)
    expect((await emulator.fetch(await s3({ method: 'GET', path: '/b' }))).status).toBe(500)
  })

  test('what is left open is no fault, and what adds up to 1 is fine', () => {
    const rest = { reset: undefined, throttle: undefined, status: undefined } as object
    emulator.faults('s3', { ...rest, keyErrors: Object.fromEntries('abcdefghij'.split('').map((code) => [code, 0.1])) })
    emulator.faults('s3', { clockSkewMs: -5, latencyMs: 0, retryAfter: 0, status: { 300: 0.1, 599: 0.7, 503: 0.2 } })
  })
})

describe('an emulator that makes no sense is refused by name', () => {
  const pair = { accessKeyId: 'a', secretAccessKey: 's' }

  test.each<[options: unknown, refusal: RegExp]>([
    [null, /^TypeError: options must be an object/],
    [{ sed: 1 }, /^TypeError: sed is no option here/],
    [{ seed: 'x' }, /^TypeError: seed must be a number/],
    [{ seed: Number.NaN }, /^RangeError: seed must/],
    [{ clock: 5 }, /^TypeError: clock must be a function/],
    [{ putLimit: '5' }, /^TypeError: putLimit must be a number/],
    [{ putLimit: -1 }, /^RangeError: putLimit must/],
    [{ putLimit: 1.5 }, /^RangeError: putLimit must/],
    [{ credentials: null }, /^TypeError: credentials must be an object/],
    [{ credentials: {} }, /^TypeError: credentials\.accessKeyId must be a string, not undefined/],
    [{ credentials: { accessKeyId: 'a' } }, /^TypeError: credentials\.secretAccessKey must be a string/],
    [{ credentials: { ...pair, secretAccessKey: '' } }, /^RangeError: credentials\.secretAccessKey must not be empty/],
    [{ credentials: [pair, { ...pair, sessionToken: 5 }] }, /^TypeError: credentials\.sessionToken must be a string/],
    [{ credentials: { ...pair, expiration: 5 } }, /^TypeError: credentials\.expiration must be a Date/],
    [{ credentials: [] }, /^TypeError: credentials must not be empty/],
    [{ iamToken: null }, /^TypeError: iamToken must be an object/],
    [{ iamToken: '' }, /^RangeError: iamToken must not be empty/],
    [{ iamToken: 5 }, /^TypeError: iamToken must be an object/],
    [{ iamToken: { iamToken: 't', expiration: 'now' } }, /^TypeError: iamToken\.expiration must be a Date/],
  ])('%o', (options, refusal) => {
    expect(thrown(() => (createEmulator as (options: unknown) => Emulator)(options))).toMatch(refusal)
  })

  test('what is left open is as by default', () => {
    const open = { credentials: undefined, iamToken: undefined, seed: undefined, clock: undefined, putLimit: undefined }
    expect(thrown(() => (createEmulator as (options: unknown) => Emulator)(open))).toBe('nothing')
    createEmulator({
      credentials: [pair, { ...pair, sessionToken: 't', expiration: NOW }],
      iamToken: ['a'],
      seed: -1.5,
    })
  })
})

describe('state that no store can have is refused by name', () => {
  test.each<[what: string, run: (emulator: Emulator) => unknown, refusal: RegExp]>([
    ['no key', ({ state }) => state.put('s3', 'b', undefined as never), /^TypeError: key must be a string/],
    ['a number', ({ state }) => state.put('s3', 'b', 5 as never), /^TypeError: key must be a string/],
    [
      'a value that is none',
      ({ state }) => state.put('s3', 'b', 'a', 6 as never),
      /^TypeError: value must be a string/,
    ],
    ['no container', ({ state }) => state.create('s3', ''), /^RangeError: container must not be empty/],
    [
      'another versioning',
      ({ state }) => state.create('s3', 'c', { versioning: 'on' as never }),
      /^TypeError: versioning must be true, false, 'Enabled' or 'Suspended'/,
    ],
    [
      'another option',
      ({ state }) => state.create('s3', 'c', { versioned: true } as never),
      /^TypeError: versioned is no option here/,
    ],
    [
      'a lock that is no answer',
      ({ state }) => state.create('s3', 'c', { objectLock: 'yes' as never }),
      /^TypeError: objectLock must be a boolean, not string/,
    ],
    [
      'locks without versions',
      ({ state }) => state.create('s3', 'c', { versioning: 'Suspended', objectLock: true }),
      /^TypeError: objectLock needs versioning/,
    ],
    ['an unknown lock', ({ state }) => state.lock('s3', 'l', 'k', 'NOPE' as never), /^TypeError: lock must be one of/],
    ['a lock on nothing', ({ state }) => state.lock('s3', 'l', 'x', 'HOLD'), /^Error: l has no "x"/],
  ])('%s', (_, run, refusal) => {
    emulator.state.create('s3', 'l', { objectLock: true })
    emulator.state.put('s3', 'l', 'k')
    expect(thrown(() => run(emulator))).toMatch(refusal)
    expect(emulator.state.keys('s3', 'b')).toEqual([])
  })

  test('whatever a store may hold can be put', () => {
    const keys = ['\u0000', '\ufffe', ' ', '..', '__proto__', 'constructor', '\ufeff', '😀', 'k'.repeat(2000), '\r\n']
    for (const key of keys) emulator.state.put('s3', 'b', key, '')
    expect(emulator.state.keys('s3', 'b')).toEqual(keys)
    for (const key of keys) expect(emulator.state.has('s3', 'b', key)).toBe(true)
  })

  test('locks bring versions with them, and keep them', () => {
    const { state } = emulator
    for (const versioning of [undefined, false, true, 'Enabled'] as const)
      state.create('s3', 'l', { objectLock: true, ...(versioning !== undefined && { versioning }) })
    const first = state.put('s3', 'l', 'k', '1')
    state.lock('s3', 'l', 'k', 'COMPLIANCE')
    state.create('s3', 'l')
    state.put('s3', 'l', 'k', '2')
    expect(state.versions('s3', 'l', 'k')[1]).toEqual({ versionId: first, deleteMarker: false, lock: 'COMPLIANCE' })
    expect(thrown(() => state.create('s3', 'l', { versioning: 'Suspended' }))).toMatch(/objectLock needs versioning/)
  })
})

test('state takes keys that no request can name, and bytes for a value', () => {
  const { state } = createEmulator()
  state.create('s3', 'b', { versioning: 'enabled' as 'Enabled' })
  for (const key of ['', 'a\ud800', 'x'.repeat(2000)]) state.put('s3', 'b', key)
  const version = state.put('s3', 'b', 'bytes', new TextEncoder().encode('ü'))
  expect(state.size('s3', 'b')).toBe(4)
  expect(version).not.toBe('null')
})

test('a throttle without a burst lets pass at once what it lets pass in a second', async () => {
  const emulator = createEmulator()
  emulator.state.create('s3', 'b')
  emulator.faults('s3', { throttle: { keysPerSecond: 3 } })
  const client = new S3StorageClient({
    ...{ bucket: 'b', region: 'us-east-1', fetch: emulator.fetch, retry: { maxAttempts: 1 } },
    credentials: { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' },
  })
  expect((await client.deleteMany(['a', 'b', 'c'])).failed).toEqual([])
  expect((await client.deleteMany(['d'])).failed).toMatchObject([{ code: 'SlowDown' }])
})
