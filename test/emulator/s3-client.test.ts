import { Readable } from 'node:stream'
import {
  ChecksumAlgorithm,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'

// Sockets are Node's under either half; the digests and checksums are those of the half under test.
vi.mock('#runtime/server', () => import('../../src/runtime/node/server.js'))

let emulator: Emulator
let close: () => Promise<void>
let client: S3Client
let endpoint: string

const connect = (secretAccessKey = 'emulator-secret') =>
  new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'emulator-key', secretAccessKey },
  })

beforeEach(async () => {
  emulator = createEmulator()
  const listening = await emulator.listen()
  endpoint = listening.endpoints.s3
  close = listening.close
  client = connect()
})

afterEach(async () => {
  client.destroy()
  await close()
})

const deletion = (keys: readonly (string | { Key: string; VersionId?: string })[], Quiet = false) =>
  new DeleteObjectsCommand({
    Bucket: 'photos',
    Delete: { Objects: keys.map((key) => (typeof key === 'string' ? { Key: key } : key)), Quiet },
  })

describe('the official S3 client', () => {
  test('puts, reads, lists and deletes', async () => {
    emulator.state.create('s3', 'photos')
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a/ü 1.txt', Body: 'hello' }))
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'b', Body: new Uint8Array([1, 2]) }))
    expect(emulator.state.keys('s3', 'photos')).toEqual(['a/ü 1.txt', 'b'])

    const read = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a/ü 1.txt' }))
    expect(await read.Body?.transformToString()).toBe('hello')
    const head = await client.send(new HeadObjectCommand({ Bucket: 'photos', Key: 'b' }))
    expect(head.ContentLength).toBe(2)
    expect(head.ETag).toBe('"0cb988d042a7f28dd5fe2b55b3f5ac7a"')

    const listed = await client.send(new ListObjectsV2Command({ Bucket: 'photos', Prefix: 'a/' }))
    expect(listed.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([['a/ü 1.txt', 5]])

    await client.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'a/ü 1.txt' }))
    expect(emulator.state.keys('s3', 'photos')).toEqual(['b'])
  })

  test('is given keys in the order of their bytes, new ones too', async () => {
    emulator.state.create('s3', 'photos')
    const list = async () =>
      (await client.send(new ListObjectsV2Command({ Bucket: 'photos' }))).Contents?.map(({ Key }) => Key)
    for (const key of ['😀', '～', 'é', 'b']) emulator.state.put('s3', 'photos', key)
    expect(await list()).toEqual(['b', 'é', '～', '😀'])
    emulator.state.put('s3', 'photos', 'a')
    await client.send(deletion(['é']))
    expect(await list()).toEqual(['a', 'b', '～', '😀'])
  })

  test.each([20, 25])('pages through a listing of %i', async (length) => {
    emulator.state.create('s3', 'photos')
    const keys = Array.from({ length }, (_, index) => `k+${index} &`)
    for (const key of keys) emulator.state.put('s3', 'photos', key)
    const seen: (string | undefined)[] = []
    let ContinuationToken: string | undefined
    let pages = 0
    do {
      pages++
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: 'photos', MaxKeys: 10, EncodingType: 'url', ContinuationToken }),
      )
      seen.push(...(page.Contents ?? []).map(({ Key }) => decodeURIComponent(Key ?? '')))
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken)
    expect(seen).toEqual(keys.sort())
    expect(pages).toBe(Math.ceil(length / 10))
  })

  test('puts a stream, in chunks with a checksum behind them', async () => {
    emulator.state.create('s3', 'photos')
    const Body = Readable.from([Buffer.from('he'), Buffer.from('llo')])
    const seen: (string | undefined)[] = []
    client.middlewareStack.add(
      (next) => async (given) => {
        const { request } = given as { request: { headers: Record<string, string> } }
        seen.push(request.headers['x-amz-content-sha256'])
        return next(given)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a', Body, ContentLength: 5 }))
    expect(seen).toEqual(['STREAMING-UNSIGNED-PAYLOAD-TRAILER'])
    const read = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a' }))
    expect(await read.Body?.transformToString()).toBe('hello')
  })

  test('lists in both versions, with what is behind a delimiter as one', async () => {
    emulator.state.create('s3', 'photos')
    for (const key of ['a/1', 'a/2', 'b']) emulator.state.put('s3', 'photos', key)
    const input = { Bucket: 'photos', Delimiter: '/' }
    const answers = [client.send(new ListObjectsCommand(input)), client.send(new ListObjectsV2Command(input))]
    for (const { Contents, CommonPrefixes } of await Promise.all(answers)) {
      expect([Contents?.map(({ Key }) => Key), CommonPrefixes]).toEqual([['b'], [{ Prefix: 'a/' }]])
    }
  })

  test('deletes many and is told of each', async () => {
    emulator.state.create('s3', 'photos')
    for (const key of ['a', 'b & <c>', 'd']) emulator.state.put('s3', 'photos', key)
    const { Deleted, Errors } = await client.send(deletion(['a', 'b & <c>', 'missing']))
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['a', 'b & <c>', 'missing'])
    expect(Errors).toBeUndefined()
    expect(emulator.state.keys('s3', 'photos')).toEqual(['d'])
  })

  test('hears nothing when quiet', async () => {
    emulator.state.create('s3', 'photos')
    emulator.state.put('s3', 'photos', 'a')
    const { Deleted, Errors } = await client.send(deletion(['a'], true))
    expect([Deleted, Errors]).toEqual([undefined, undefined])
    expect(emulator.state.size('s3', 'photos')).toBe(0)
  })

  test('removes versions and markers', async () => {
    emulator.state.create('s3', 'photos', { versioning: true })
    const first = emulator.state.put('s3', 'photos', 'a', '1')
    const { VersionId: second } = await client.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a', Body: '2' }))
    const marked = (await client.send(deletion(['a']))).Deleted?.[0]
    expect(marked).toEqual({ Key: 'a', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) })
    const marker = marked?.DeleteMarkerVersionId as string
    expect(emulator.state.versions('s3', 'photos', 'a').map(({ versionId }) => versionId)).toEqual([
      marker,
      second,
      first,
    ])

    const { Deleted } = await client.send(
      deletion([
        { Key: 'a', VersionId: marker },
        { Key: 'a', VersionId: first },
      ]),
    )
    expect(Deleted).toEqual([
      { Key: 'a', VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
      { Key: 'a', VersionId: first },
    ])
    expect(emulator.state.has('s3', 'photos', 'a')).toBe(true)
    const single = await client.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'a' }))
    expect(single).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) })
  })

  test.each([
    undefined,
    ...Object.values(ChecksumAlgorithm).filter((name) => /^(?:MD5|CRC32C?|CRC64NVME|SHA1|SHA256)$/.test(name)),
  ])('proves the body with %s', async (ChecksumAlgorithm) => {
    emulator.state.create('s3', 'photos')
    emulator.state.put('s3', 'photos', 'a')
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({
        Bucket: 'photos',
        Delete: { Objects: [{ Key: 'a' }] },
        ...(ChecksumAlgorithm && { ChecksumAlgorithm }),
      }),
    )
    expect(Deleted).toEqual([{ Key: 'a' }])
  })

  test('is refused with a wrong secret, too many keys, or no bucket', async () => {
    emulator.state.create('s3', 'photos')
    const stranger = connect('another-secret')
    await expect(stranger.send(deletion(['a']))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    })
    stranger.destroy()
    const keys = Array.from({ length: 1001 }, (_, index) => `k${index}`)
    await expect(client.send(deletion(keys))).rejects.toMatchObject({ name: 'MalformedXML' })
    await expect(client.send(deletion(keys.slice(1)))).resolves.toBeDefined()
    await expect(
      client.send(new DeleteObjectsCommand({ Bucket: 'absent', Delete: { Objects: [{ Key: 'a' }] } })),
    ).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    })
  })
})
