import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StoreName } from '../../src/emulator/exchange.js'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'
import { S3StorageClient } from '../../src/providers/s3.js'
import { type Ask, s3 } from './requests.js'

// Sockets are Node's under either half; the digests and checksums are those of the half under test.
vi.mock('#runtime/server', () => import('../../src/runtime/node/server.js'))

const Bucket = 'photos'
const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
const STORES = ['s3', 'ncloud', 'yandex'] as const
const REGIONS = { s3: 'eu-central-1', ncloud: 'kr', yandex: 'ru-central1' }

let emulator: Emulator
let endpoints: Readonly<Record<StoreName, string>>
let close: () => Promise<void>
let clients: S3Client[]
let client: S3Client

const connect = (store: (typeof STORES)[number]) => {
  const made = new S3Client({
    endpoint: endpoints[store],
    region: REGIONS[store],
    forcePathStyle: true,
    maxAttempts: 1,
    credentials,
  })
  clients.push(made)
  return made
}

beforeEach(async () => {
  emulator = createEmulator()
  const listening = await emulator.listen()
  endpoints = listening.endpoints
  close = listening.close
  clients = []
  client = connect('s3')
  emulator.state.create('s3', Bucket, { versioning: true })
})

afterEach(async () => {
  for (const made of clients) made.destroy()
  await close()
})

const put = (...keys: readonly string[]) => keys.map((key) => emulator.state.put('s3', Bucket, key, key))

/** Puts a delete marker on top of a key, and gives its id. */
const mark = async (Key: string) => (await client.send(new DeleteObjectCommand({ Bucket, Key }))).VersionId as string
const remove = (Key: string, VersionId: string) => client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))

/** A page as the official client reads it: it puts versions and markers apart, so that these follow those. */
const list = (input: Partial<ListObjectVersionsCommandInput> = {}) =>
  client.send(new ListObjectVersionsCommand({ Bucket, ...input }))

const names = ({ Versions = [], DeleteMarkers = [], CommonPrefixes = [] }: ListObjectVersionsCommandOutput) => [
  ...Versions.map(({ Key, VersionId }) => `${Key} ${VersionId}`),
  ...DeleteMarkers.map(({ Key, VersionId }) => `${Key} ${VersionId}`),
  ...CommonPrefixes.map(({ Prefix }) => Prefix as string),
]

/** The names of each page. */
async function pages(input: Partial<ListObjectVersionsCommandInput>, between?: (page: string[]) => Promise<unknown>) {
  const found: string[][] = []
  for (let from = {}, more = true; more; ) {
    const page = await list({ ...input, ...from })
    found.push(names(page))
    from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
    more = page.IsTruncated === true
    await between?.(names(page))
  }
  return found
}

/** The elements of the list itself, in their order, with their kind. */
async function raw(query: Record<string, string> = {}, rest: Ask = {}) {
  const ask = { method: 'GET', path: `/${Bucket}`, query: [['versions', ''], ...Object.entries(query)], ...rest } as Ask
  const response = await emulator.fetch(await s3({ date: new Date(), ...ask }))
  const body = await response.text()
  return {
    status: response.status,
    body,
    named: (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1],
  }
}

describe('the list of versions', () => {
  test('is in the order of keys, and the newest of each comes first', async () => {
    const [first, other] = put('a', 'b') as [string, string]
    const marker = await mark('a')
    const [third] = put('a') as [string]
    const { body } = await raw()
    const entries = [...body.matchAll(/<(Version|DeleteMarker)><Key>(.*?)<\/Key><VersionId>(.*?)<.*?<IsLatest>(.*?)</g)]
    expect(entries.map((entry) => entry.slice(1))).toEqual([
      ['Version', 'a', third, 'true'],
      ['DeleteMarker', 'a', marker, 'false'],
      ['Version', 'a', first, 'false'],
      ['Version', 'b', other, 'true'],
    ])
  })

  test('tells of versions what a list of objects does, and of markers no more than there is', async () => {
    put('a')
    const marker = await mark('b')
    const LastModified = expect.any(Date)
    const Owner = { ID: expect.any(String) }
    const { Versions, DeleteMarkers, ...rest } = await list()
    expect(Versions).toEqual([
      {
        Key: 'a',
        VersionId: expect.stringMatching(/^[\w.-]{32}$/),
        IsLatest: true,
        LastModified,
        ETag: '"0cc175b9c0f1b6a831c399e269772661"',
        Size: 1,
        StorageClass: 'STANDARD',
        Owner,
      },
    ])
    expect(DeleteMarkers).toEqual([{ Key: 'b', VersionId: marker, IsLatest: true, LastModified, Owner }])
    expect(rest).toMatchObject({ Name: Bucket, Prefix: '', KeyMarker: '', VersionIdMarker: '', IsTruncated: false })
    expect([rest.MaxKeys, rest.NextKeyMarker, rest.NextVersionIdMarker]).toEqual([1000, undefined, undefined])
  })

  test('calls null what came when no versions were kept', async () => {
    emulator.state.create('s3', Bucket, { versioning: false })
    put('a')
    expect((await list()).Versions).toMatchObject([{ Key: 'a', VersionId: 'null', IsLatest: true }])
    emulator.state.create('s3', Bucket, { versioning: true })
    const [second] = put('a')
    expect(names(await list())).toEqual([`a ${second}`, 'a null'])
    emulator.state.create('s3', Bucket, { versioning: 'Suspended' })
    expect(await mark('a')).toBe('null')
    const { Versions, DeleteMarkers } = await list()
    expect(Versions).toMatchObject([{ VersionId: second, IsLatest: false }])
    expect(DeleteMarkers).toMatchObject([{ VersionId: 'null', IsLatest: true }])
  })

  test.each([1, 2, 3, 5, 6, 1000])('comes in pages of %i', async (MaxKeys) => {
    const ids = ['a', 'b', 'c'].flatMap((key) =>
      put(key, key)
        .reverse()
        .map((id) => `${key} ${id}`),
    )
    const found = await pages({ MaxKeys })
    expect(found.flat()).toEqual(ids)
    expect(found.map(({ length }) => length)).toEqual(
      Array.from({ length: Math.ceil(6 / MaxKeys) }, () => Math.min(MaxKeys, 6)).map((most, index) =>
        Math.min(most, 6 - index * MaxKeys),
      ),
    )
  })

  test('goes on behind a key without a version, whether or not there is such a key', async () => {
    const [, , third] = put('a', 'a', 'c')
    for (const KeyMarker of ['a', 'b']) expect(names(await list({ KeyMarker }))).toEqual([`c ${third}`])
    expect(names(await list({ KeyMarker: 'b', VersionIdMarker: third as string }))).toEqual([`c ${third}`])
    expect(names(await list({ KeyMarker: 'c', VersionIdMarker: third as string }))).toEqual([])
  })

  test.each([1, 2, 3])(
    'misses nothing and repeats nothing where each page of %i is deleted meanwhile',
    async (MaxKeys) => {
      put('a', 'a', 'a', 'a', 'b', 'b', 'b')
      const all = names(await list())
      const found = await pages({ MaxKeys }, (page) =>
        Promise.all(page.map((name) => remove(...(name.split(' ') as [string, string])))),
      )
      expect(found.flat()).toEqual(all)
      expect(names(await list())).toEqual([])
    },
  )

  test('knows where a version was that is gone, whatever is left around it', async () => {
    const [first, second, third, fourth] = put('a', 'a', 'a', 'a') as [string, string, string, string]
    await remove('a', second)
    await remove('a', third)
    for (const VersionIdMarker of [second, third])
      expect(names(await list({ KeyMarker: 'a', VersionIdMarker }))).toEqual([`a ${first}`])
    expect(names(await list({ KeyMarker: 'a', VersionIdMarker: fourth }))).toEqual([`a ${first}`])
    expect(names(await list({ KeyMarker: 'a', VersionIdMarker: first }))).toEqual([])
  })

  test('rather repeats the version null than misses it', async () => {
    emulator.state.create('s3', Bucket, { versioning: 'Suspended' })
    put('a')
    emulator.state.create('s3', Bucket, { versioning: true })
    const [second, third] = put('a', 'a') as [string, string]
    await remove('a', second)
    expect(names(await list({ KeyMarker: 'a', VersionIdMarker: second }))).toEqual(['a null'])
    await remove('a', 'null')
    expect(names(await list({ KeyMarker: 'a', VersionIdMarker: 'null' }))).toEqual([`a ${third}`])
  })

  test('gathers what lies behind a delimiter, markers too', async () => {
    const [top] = put('a', 'a/1', 'a/2', 'a/b/3')
    const [marker, last] = [await mark('c/1'), await mark('d')]
    const { Versions, DeleteMarkers, CommonPrefixes, Delimiter } = await list({ Delimiter: '/' })
    expect([Versions?.map(({ VersionId }) => VersionId), DeleteMarkers?.map(({ VersionId }) => VersionId)]).toEqual([
      [top],
      [last],
    ])
    expect([CommonPrefixes, Delimiter]).toEqual([[{ Prefix: 'a/' }, { Prefix: 'c/' }], '/'])
    expect(names(await list({ Delimiter: '/', Prefix: 'c/' }))).toEqual([`c/1 ${marker}`])
    expect((await list({ Delimiter: '/', Prefix: 'a/' })).CommonPrefixes).toEqual([{ Prefix: 'a/b/' }])
    expect(names(await list({ Prefix: 'x' }))).toEqual([])
  })

  test.each([1, 2, 3, 4])('comes in pages of %i behind a delimiter', async (MaxKeys) => {
    const [first, , , , last] = put('a', 'a/1', 'a/1', 'a/2', 'b')
    const found = await pages({ MaxKeys, Delimiter: '/' })
    expect(found.flat().sort()).toEqual([`a ${first}`, 'a/', `b ${last}`])
    expect(found).toHaveLength(Math.ceil(3 / MaxKeys))
  })

  test('names no version to go on from where a page ends with a common prefix', async () => {
    put('a/1', 'b')
    const { NextKeyMarker, NextVersionIdMarker } = await list({ Delimiter: '/', MaxKeys: 1 })
    expect([NextKeyMarker, NextVersionIdMarker]).toEqual(['a/', undefined])
  })

  test('escapes keys and markers where asked to, and nothing else', async () => {
    const [id] = put('ü +&/\u0007/x', 'ü +&/\u0007/y') as [string]
    const input = { EncodingType: 'url', Prefix: 'ü +' } as const
    const page = await list({ ...input, MaxKeys: 1 })
    expect(page.Versions?.[0]).toMatchObject({ Key: '%C3%BC%20%2B%26/%07/x', VersionId: id })
    expect(page).toMatchObject({ Prefix: '%C3%BC%20%2B', NextKeyMarker: '%C3%BC%20%2B%26/%07/x', EncodingType: 'url' })
    const rest = await list({ ...input, KeyMarker: 'ü +&/\u0007/x', VersionIdMarker: id })
    expect([rest.KeyMarker, rest.VersionIdMarker]).toEqual(['%C3%BC%20%2B%26/%07/x', id])
    const grouped = await list({ ...input, Delimiter: '&/' })
    expect([grouped.Delimiter, grouped.CommonPrefixes]).toEqual(['%26/', [{ Prefix: '%C3%BC%20%2B%26/' }]])
  })

  test('is of the order of bytes', async () => {
    put('😀', '～', 'é', 'b')
    expect((await list()).Versions?.map(({ Key }) => Key)).toEqual(['b', 'é', '～', '😀'])
  })

  test('counts versions, markers and prefixes alike, and holds none where none is asked for', async () => {
    put('a', 'a', 'b/1', 'c')
    await mark('a')
    expect(names(await list({ MaxKeys: 4, Delimiter: '/' }))).toHaveLength(4)
    const none = await list({ MaxKeys: 0 })
    expect([names(none), none.IsTruncated]).toEqual([[], false])
    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000)
  })

  test('of 20,000 versions of a key is found page by page', async () => {
    put(...Array.from({ length: 20_000 }, () => 'a'))
    const found = await pages({})
    expect([found.length, new Set(found.flat()).size]).toEqual([20, 20_000])
  })

  test.each([
    [{ 'version-id-marker': 'x' }, 'A version-id marker cannot be specified without a key marker.'],
    [{ 'version-id-marker': '' }, 'A version-id marker cannot be specified without a key marker.'],
    [{ 'key-marker': '', 'version-id-marker': 'x' }, 'A version-id marker cannot be specified without a key marker.'],
    [{ 'version-id-marker': '', 'key-marker': 'a' }, 'A version-id marker cannot be empty.'],
    [{ 'version-id-marker': 'x', 'key-marker': 'a' }, 'Invalid version id specified'],
    [{ 'max-keys': '-1' }, 'Provided max-keys not an integer or within integer range'],
    [{ 'encoding-type': 'foo' }, 'Invalid Encoding Method specified in Request'],
  ])('is refused with %o', async (query, message) => {
    const { status, named } = await raw(query)
    expect([status, named('Code'), named('Message')]).toEqual([400, 'InvalidArgument', message])
    const [name, value] = Object.entries(query).find(([name]) => name !== 'key-marker') as [string, string]
    expect([named('ArgumentName'), named('ArgumentValue')]).toEqual([name, value])
  })

  test.each(['marker', 'continuation-token', 'list-type', 'versionId'])('knows no %s', async (name) => {
    expect((await raw({ [name]: '2' })).status).toBe(501)
  })

  test('takes the version null to go on from', async () => {
    expect((await raw({ 'key-marker': 'a', 'version-id-marker': 'null' })).status).toBe(200)
  })

  test('of no bucket is refused', async () => {
    await expect(client.send(new ListObjectVersionsCommand({ Bucket: 'absent' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    })
  })
})

describe.each(STORES)('versioning of %s', (store) => {
  const setTo = (Status: 'Enabled' | 'Suspended', name = 'plain') =>
    connect(store).send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }))
  const status = async () => (await connect(store).send(new GetBucketVersioningCommand({ Bucket: 'plain' }))).Status

  test('is switched on and suspended, and never off again', async () => {
    emulator.state.create(store, 'plain')
    expect(await status()).toBeUndefined()
    emulator.state.put(store, 'plain', 'a')
    await setTo('Enabled')
    expect(await status()).toBe('Enabled')
    const put = new PutObjectCommand({ Bucket: 'plain', Key: 'a', Body: '2' })
    const { VersionId } = await connect(store).send(put)
    await setTo('Suspended')
    expect(await status()).toBe('Suspended')
    expect(emulator.state.versions(store, 'plain', 'a')).toEqual([
      { versionId: VersionId, deleteMarker: false },
      { versionId: 'null', deleteMarker: false },
    ])
  })

  test('stays on where versions can be locked', async () => {
    emulator.state.create(store, 'locked', { objectLock: true })
    await setTo('Enabled', 'locked')
    await expect(setTo('Suspended', 'locked')).rejects.toMatchObject({
      name: 'InvalidBucketState',
      $metadata: { httpStatusCode: 409 },
    })
    emulator.state.put(store, 'locked', 'a')
    expect(emulator.state.versions(store, 'locked', 'a')[0]?.versionId).not.toBe('null')
  })

  test('lists versions, and goes on from each of them', async () => {
    emulator.state.create(store, 'plain')
    emulator.state.put(store, 'plain', 'a')
    await setTo('Enabled')
    const ids = [emulator.state.put(store, 'plain', 'a'), emulator.state.put(store, 'plain', 'a')].reverse()
    const behind = async (VersionIdMarker: string) =>
      (
        await connect(store).send(new ListObjectVersionsCommand({ Bucket: 'plain', KeyMarker: 'a', VersionIdMarker }))
      ).Versions?.map(({ VersionId }) => VersionId)
    expect([await behind(ids[0] as string), await behind(ids[1] as string)]).toEqual([[ids[1], 'null'], ['null']])
  })
})

describe('what is no configuration of versioning', () => {
  const change = async (body: string, headers: Record<string, string> = {}) => {
    const { status, named } = await raw({}, { method: 'PUT', query: [['versioning', '']], body, headers })
    return [status, named('Code')]
  }
  const configuration = (content: string) => `<VersioningConfiguration>${content}</VersioningConfiguration>`

  test.each([
    ['', 'MissingRequestBodyError'],
    ['Enabled', 'MalformedXML'],
    ['<Versioning><Status>Enabled</Status></Versioning>', 'MalformedXML'],
    [configuration('<Status>Enabled'), 'MalformedXML'],
    [configuration('Enabled'), 'MalformedXML'],
    [configuration('<Status>Enabled</Status><Other>1</Other>'), 'MalformedXML'],
    [configuration('<Status>Enabled</Status><Status>Suspended</Status>'), 'MalformedXML'],
    [configuration(''), 'IllegalVersioningConfigurationException'],
    [configuration('<Status></Status>'), 'IllegalVersioningConfigurationException'],
    [configuration('<Status>enabled</Status>'), 'IllegalVersioningConfigurationException'],
    [configuration('<Status>Disabled</Status>'), 'IllegalVersioningConfigurationException'],
    [configuration('<Status>Enabled</Status><MfaDelete>1</MfaDelete>'), 'IllegalVersioningConfigurationException'],
  ])('%s', async (body, code) => {
    emulator.state.create('s3', Bucket, { versioning: false })
    expect(await change(body)).toEqual([400, code])
    expect(emulator.state.put('s3', Bucket, 'a')).toBe('null')
  })

  test('a second factor, which the emulator does not know', async () => {
    expect(await change(configuration('<MfaDelete>Enabled</MfaDelete>'))).toEqual([501, 'NotImplemented'])
    expect(await change(configuration('<Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>'))).toEqual([
      200,
      undefined,
    ])
    expect(emulator.state.put('s3', Bucket, 'a')).toBe('null')
  })

  test('one that did not arrive whole', async () => {
    const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }
    expect(await change(configuration('<Status>Suspended</Status>'), headers)).toEqual([400, 'BadDigest'])
    expect(emulator.state.put('s3', Bucket, 'a')).not.toBe('null')
  })
})

test('all under a prefix, then all versions, as the README has it', async () => {
  const Keys = Array.from({ length: 1500 }, (_, index) => `2019/${index} &.jpg`)
  for (const key of [...Keys, ...Keys, '2020/a', '2020/b']) put(key)
  const [gone, kept] = put('2018/gone', '2018/kept') as [string, string]
  await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [{ Key: '2018/gone' }, { Key: '2018/gone', VersionId: gone }] },
    }),
  )
  const store = new S3StorageClient({
    bucket: Bucket,
    region: 'eu-central-1',
    credentials,
    endpoint: endpoints.s3,
    addressing: 'path',
  })

  async function* keysUnder(Prefix: string) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: 'photos', Prefix }))
      for (const { Key } of Contents) if (Key) yield Key
  }

  async function* allVersions() {
    for (let from = {}, more = true; more; ) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket: 'photos', ...from }))
      for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
        if (Key && VersionId) yield { key: Key, versionId: VersionId }
      from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      more = page.IsTruncated === true
    }
  }

  let deleted = 0
  for await (const batch of store.deleteBatches(keysUnder('2019/'))) deleted += batch.deleted.length
  expect(deleted).toBe(1500)
  expect(emulator.state.keys('s3', Bucket)).toEqual(['2020/a', '2020/b', '2018/kept'])
  expect(emulator.state.versions('s3', Bucket, '2018/kept')[0]?.versionId).toBe(kept)

  deleted = 0
  for await (const batch of store.deleteBatches(allVersions())) deleted += batch.deleted.length
  // Two versions and a marker of each, and four more entries: nothing was listed twice.
  expect(deleted).toBe(3 * 1500 + 4)
  const { Versions, DeleteMarkers, IsTruncated } = await list()
  expect([Versions, DeleteMarkers, IsTruncated]).toEqual([undefined, undefined, false])
})
