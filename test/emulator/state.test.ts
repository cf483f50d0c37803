import { beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator, type StoreName } from '../../src/emulator/index.js'
import { type Ask, deleteXml, deletion, KEY_PAIR, NOW, ncloud, s3, yandex } from './requests.js'

let emulator: Emulator
let now: Date

beforeEach(() => {
  now = NOW
  emulator = createEmulator({ clock: () => now })
})

const PROVIDERS = { s3, ncloud, yandex }

/** What a batch of `Object` elements is answered with: the inside of `DeleteResult`. */
async function answered(store: keyof typeof PROVIDERS, objects: readonly string[], rest: Ask = {}): Promise<string> {
  const response = await emulator.fetch(await PROVIDERS[store](deletion('b', deleteXml(objects), rest)))
  return /<DeleteResult[^>]*>(.*)<\/DeleteResult>/s.exec(await response.text())?.[1] as string
}

const element = (key: string, version?: string) =>
  `<Key>${key}</Key>${version === undefined ? '' : `<VersionId>${version}</VersionId>`}`
const ids = (store: StoreName, key: string) =>
  emulator.state.versions(store, 'b', key).map(({ versionId }) => versionId)

describe('state', () => {
  test('holds keys in the order they came', () => {
    const { state } = emulator
    state.create('s3', 'b')
    expect(state.put('s3', 'b', 'z')).toBe('null')
    state.put('s3', 'b', 'a', 'value')
    expect(state.keys('s3', 'b')).toEqual(['z', 'a'])
    expect([state.has('s3', 'b', 'a'), state.has('s3', 'b', 'q'), state.size('s3', 'b')]).toEqual([true, false, 2])
    expect(state.versions('s3', 'b', 'a')).toEqual([{ versionId: 'null', deleteMarker: false }])
  })

  test('keeps stores and containers apart', () => {
    const { state } = emulator
    state.create('s3', 'b')
    state.create('s3', 'c')
    state.create('yandex', 'b')
    state.put('s3', 'b', 'a')
    expect([state.size('s3', 'c'), state.size('yandex', 'b')]).toEqual([0, 0])
    state.create('s3', 'b')
    expect(state.size('s3', 'b')).toBe(1)
  })

  test('throws where there is no such store or container', () => {
    expect(() => emulator.state.create('gcs' as StoreName, 'b')).toThrow(TypeError)
    expect(() => emulator.state.put('s3', 'b', 'a')).toThrow(/state\.create/)
    expect(() => emulator.state.size('s3', 'b')).toThrow(/"b"/)
  })

  test('holds a million keys', () => {
    emulator.state.create('s3', 'b')
    for (let index = 0; index < 1_000_000; index++) emulator.state.put('s3', 'b', `key-${index}`)
    expect(emulator.state.size('s3', 'b')).toBe(1_000_000)
  })
})

describe('versions', () => {
  test('a delete puts a marker on top, also where there was nothing, and each time anew', async () => {
    emulator.state.create('s3', 'b', { versioning: true })
    const first = emulator.state.put('s3', 'b', 'a')
    const marker = /<DeleteMarkerVersionId>(.*)<\/DeleteMarkerVersionId>/.exec(
      await answered('s3', [element('a')]),
    )?.[1]
    expect(ids('s3', 'a')).toEqual([marker, first])
    expect(emulator.state.has('s3', 'b', 'a')).toBe(false)
    expect(emulator.state.size('s3', 'b')).toBe(0)
    await answered('s3', [element('a'), element('never')])
    expect(ids('s3', 'a')).toEqual([expect.any(String), marker, first])
    expect(emulator.state.versions('s3', 'b', 'never')).toEqual([{ versionId: expect.any(String), deleteMarker: true }])
  })

  test('a version is removed for good, a marker brings the key back', async () => {
    emulator.state.create('s3', 'b', { versioning: true })
    const first = emulator.state.put('s3', 'b', 'a', '1')
    const second = emulator.state.put('s3', 'b', 'a', '2')
    const third = emulator.state.put('s3', 'b', 'a', '3')
    const removed = await answered('s3', [element('a', second)])
    expect(removed).toBe(`<Deleted><Key>a</Key><VersionId>${second}</VersionId></Deleted>`)
    expect(ids('s3', 'a')).toEqual([third, first])
    await answered('s3', [element('a')])
    const marker = ids('s3', 'a')[0]
    expect(await answered('s3', [element('a', marker)])).toBe(
      `<Deleted><Key>a</Key><VersionId>${marker}</VersionId><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>${marker}</DeleteMarkerVersionId></Deleted>`,
    )
    expect(emulator.state.has('s3', 'b', 'a')).toBe(true)
    expect(emulator.state.keys('s3', 'b')).toEqual(['a'])
  })

  test('null names what was written without versions, and what is written while they are suspended', async () => {
    emulator.state.create('s3', 'b')
    emulator.state.put('s3', 'b', 'a', 'old')
    emulator.state.create('s3', 'b', { versioning: 'Enabled' })
    const kept = emulator.state.put('s3', 'b', 'a')
    expect(ids('s3', 'a')).toEqual([kept, 'null'])
    emulator.state.create('s3', 'b', { versioning: 'Suspended' })
    emulator.state.put('s3', 'b', 'a', 'new')
    expect(ids('s3', 'a')).toEqual(['null', kept])
    expect(await answered('s3', [element('a')])).toContain('<DeleteMarkerVersionId>null</DeleteMarkerVersionId>')
    expect(emulator.state.versions('s3', 'b', 'a')[0]).toEqual({ versionId: 'null', deleteMarker: true })
    await answered('s3', [element('a', 'null')])
    expect(ids('s3', 'a')).toEqual([kept])
  })

  test('without versions, null is the version there is', async () => {
    emulator.state.create('s3', 'b')
    emulator.state.put('s3', 'b', 'a')
    expect(await answered('s3', [element('a', 'null')])).toBe(
      '<Deleted><Key>a</Key><VersionId>null</VersionId></Deleted>',
    )
    expect(emulator.state.size('s3', 'b')).toBe(0)
  })

  test('an empty version names none, one that is gone counts as deleted, an impossible one does not at Ncloud', async () => {
    for (const store of ['s3', 'ncloud'] as const) {
      emulator.state.create(store, 'b')
      emulator.state.put(store, 'b', 'a')
    }
    expect(await answered('s3', [element('x', 'gone')])).toBe(
      '<Deleted><Key>x</Key><VersionId>gone</VersionId></Deleted>',
    )
    expect(await answered('s3', [element('a', '')])).toBe('<Deleted><Key>a</Key></Deleted>')
    expect(await answered('ncloud', [element('a', 'bad')])).toBe(
      '<Error><Key>a</Key><VersionId>bad</VersionId><Code>InvalidArgument</Code><Message>Invalid version id specified</Message></Error>',
    )
    const id = '01234567-89ab-cdef-0123-456789abcdef'
    expect(await answered('ncloud', [element('a', id)])).toContain(`<Deleted><Key>a</Key><VersionId>${id}`)
    const single = await emulator.fetch(await ncloud({ method: 'DELETE', path: '/b/a', query: [['versionId', 'bad']] }))
    expect(single.status).toBe(400)
    expect(emulator.state.has('ncloud', 'b', 'a')).toBe(true)
  })

  test('ids look as the provider makes them', () => {
    for (const store of ['s3', 'ncloud'] as const) emulator.state.create(store, 'b', { versioning: true })
    expect(emulator.state.put('s3', 'b', 'a')).toMatch(/^[\w.-]{32}$/)
    expect(emulator.state.put('ncloud', 'b', 'a')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  })
})

describe('object lock', () => {
  const bypass = { headers: { 'x-amz-bypass-governance-retention': 'true' } }

  test.each([
    ['GOVERNANCE', {}, 'kept'],
    ['GOVERNANCE', bypass, 'gone'],
    ['COMPLIANCE', bypass, 'kept'],
    ['HOLD', bypass, 'kept'],
  ] as const)('%s with %o: %s', async (lock, rest, fate) => {
    emulator.state.create('s3', 'b', { objectLock: true })
    const id = emulator.state.put('s3', 'b', 'a')
    const free = emulator.state.put('s3', 'b', 'free')
    emulator.state.lock('s3', 'b', 'a', lock)
    const answer = await answered('s3', [element('a', id), element('free', free)], rest)
    const error = `<Error><Key>a</Key><VersionId>${id}</VersionId><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`
    expect(answer.includes(error)).toBe(fate === 'kept')
    expect(ids('s3', 'a')).toEqual(fate === 'kept' ? [id] : [])
    expect(ids('s3', 'free')).toEqual([])
  })

  test('does not keep a marker from being made', async () => {
    emulator.state.create('s3', 'b', { objectLock: true })
    const id = emulator.state.put('s3', 'b', 'a')
    emulator.state.lock('s3', 'b', 'a', 'COMPLIANCE')
    expect(await answered('s3', [element('a')])).toContain('<DeleteMarker>true</DeleteMarker>')
    expect(emulator.state.versions('s3', 'b', 'a')[1]).toEqual({
      versionId: id,
      deleteMarker: false,
      lock: 'COMPLIANCE',
    })
    const single = await emulator.fetch(await s3({ method: 'DELETE', path: '/b/a', query: [['versionId', id]] }))
    expect(single.status).toBe(403)
  })

  test('needs a bucket that was made for it', () => {
    emulator.state.create('s3', 'b', { versioning: true })
    emulator.state.put('s3', 'b', 'a')
    expect(() => emulator.state.lock('s3', 'b', 'a', 'HOLD')).toThrow(/objectLock/)
  })
})

describe('conditions', () => {
  const described = (eTag: string, modified: string, size: number) =>
    `<Key>a</Key><ETag>${eTag}</ETag><LastModifiedTime>${modified}</LastModifiedTime><Size>${size}</Size>`
  const right = described('&quot;5d41402abc4b2a76b9719d911017c592&quot;', NOW.toUTCString(), 5)
  const wrong = [
    described('&quot;00000000000000000000000000000000&quot;', NOW.toUTCString(), 5),
    described('&quot;5d41402abc4b2a76b9719d911017c592&quot;', new Date(0).toUTCString(), 5),
    described('&quot;5d41402abc4b2a76b9719d911017c592&quot;', NOW.toUTCString(), 6),
  ]

  test.each(['s3', 'ncloud', 'yandex'] as const)('%s deletes what is as described', async (store) => {
    emulator.state.create(store, 'b')
    emulator.state.put(store, 'b', 'a', 'hello')
    expect(await answered(store, [right])).toContain('<Deleted><Key>a</Key>')
    expect(emulator.state.size(store, 'b')).toBe(0)
  })

  test.each(wrong)('what is not: S3 says so, Ncloud keeps it in silence, Yandex does not look (%#)', async (other) => {
    for (const store of ['s3', 'ncloud', 'yandex'] as const) {
      emulator.state.create(store, 'b')
      emulator.state.put(store, 'b', 'a', 'hello')
    }
    expect(await answered('s3', [other])).toContain('<Error><Key>a</Key><Code>PreconditionFailed</Code>')
    expect(await answered('ncloud', [other])).toBe('<Deleted><Key>a</Key></Deleted>')
    expect(await answered('yandex', [other])).toContain('<Deleted><Key>a</Key>')
    expect(['s3', 'ncloud', 'yandex'].map((store) => emulator.state.size(store as StoreName, 'b'))).toEqual([1, 1, 0])
  })

  test('what is not there cannot be as described', async () => {
    emulator.state.create('s3', 'b')
    expect(await answered('s3', [right])).toContain('<Code>NoSuchKey</Code>')
  })
})

test('stats count what was asked', async () => {
  emulator.state.create('s3', 'b')
  await answered('s3', [element('a'), element('b')])
  const forged = await s3(
    deletion('b', deleteXml([element('a')]), { credentials: { ...KEY_PAIR, secretAccessKey: 'no' } }),
  )
  await emulator.fetch(forged)
  await emulator.fetch('https://s3.us-east-1.amazonaws.com/b', { method: 'OPTIONS' })
  expect(emulator.stats.s3).toEqual({ requests: 2, items: 2, mostAtOnce: 1, preflights: 1 })
  expect(emulator.stats.yandex.requests).toBe(0)
})
