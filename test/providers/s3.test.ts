import { describe, expect, it } from 'vitest'
import { S3StorageClient, type S3StorageOptions } from '../../src/index.js'
import { urlsOf } from './addresses.js'
import { describeContract } from './contract.js'
import { describeObjects } from './contract-s3.js'
import { CONTAINER, KEY_PAIR, type Lab, openLab, SUBJECTS } from './lab.js'

const subject = SUBJECTS.s3
const EMPTY_TAG = '"d41d8cd98f00b204e9800998ecf8427e"'
const open = ({ endpoint }: Lab, options: Partial<S3StorageOptions> = {}) =>
  new S3StorageClient({ endpoint, bucket: CONTAINER, region: 'us-east-1', credentials: KEY_PAIR, ...options })

describe('s3', () => {
  describeContract(subject)
  describe('objects', () => describeObjects(subject))

  it('asks AWS in its region, with the bucket in the path, unless told otherwise', async () => {
    const urls = (bucket: string, options: Partial<S3StorageOptions> = {}) =>
      urlsOf(
        's3',
        bucket,
        (fetch) => new S3StorageClient({ bucket, region: 'eu-central-1', credentials: KEY_PAIR, fetch, ...options }),
      )
    expect(await urls('keys')).toEqual([
      'https://s3.eu-central-1.amazonaws.com/keys?delete=',
      'https://s3.eu-central-1.amazonaws.com/keys/a%01',
    ])
    expect(await urls('keys', { addressing: 'virtual' })).toEqual([
      'https://keys.s3.eu-central-1.amazonaws.com/?delete=',
      'https://keys.s3.eu-central-1.amazonaws.com/a%01',
    ])
    expect((await urls('keys', { region: 'cn-north-1' }))[0]).toBe(
      'https://s3.cn-north-1.amazonaws.com.cn/keys?delete=',
    )
    expect((await urls('my.keys'))[0]).toBe('https://s3.eu-central-1.amazonaws.com/my.keys?delete=')
  })

  for (const [what, told] of [
    ['an error of its own', '<Code>InternalError</Code><Message>broken</Message>'],
    ['that keys are encoded', '<EncodingType>url</EncodingType>'],
  ] as const)
    it(`takes no silence for consent where a quiet answer says ${what}`, async () => {
      const fetch = async () => new Response(`<DeleteResult>${told}</DeleteResult>`)
      const client = new S3StorageClient({
        bucket: 'b',
        region: 'r',
        credentials: KEY_PAIR,
        fetch,
        retry: { maxAttempts: 1 },
      })
      const { failed } = await client.deleteMany(['a', 'b'], { quiet: true })
      expect(failed.map(({ code, outcome }) => [code, outcome])).toEqual([
        ['Unreported', 'unknown'],
        ['Unreported', 'unknown'],
      ])
    })

  it('says which option lets conditions through', async () => {
    const fetch = () => expect.fail('sent')
    const endpoint = 'https://s3.example'
    const client = new S3StorageClient({ bucket: 'b', region: 'r', credentials: KEY_PAIR, fetch, endpoint })
    const { failed } = await client.deleteMany([{ key: 'a', eTag: EMPTY_TAG }])
    expect(failed).toMatchObject([{ code: 'InvalidKey', outcome: 'not-sent' }])
    expect(failed[0]?.message).toBe(
      's3 is not known to look at `eTag` before it deletes the key; set conditionalDeletes if the store does',
    )
  })

  it('signs for the host behind a proxy', async () => {
    const lab = await openLab('s3')
    lab.fill(['a', 'b\u0001'])
    // The proxy's path is its own, and the host it asks is another.
    const proxy = async (request: Request) => {
      const url = new URL(request.url)
      expect(url.origin + url.pathname.slice(0, 6)).toBe('https://proxy.example/s3/ke')
      const headers = new Headers(request.headers)
      const target = lab.endpoint + url.pathname.slice(3) + url.search
      const { method } = request
      return fetch(target, { method, headers, ...(request.body && { body: await request.arrayBuffer() }) })
    }
    const signingHost = new URL(lab.endpoint).host
    const client = open({ ...lab, endpoint: 'https://proxy.example/s3' }, { signingHost, fetch: proxy })
    const report = await client.deleteMany(['a', 'b\u0001']).catch((error: unknown) => error)
    expect(report).toMatchObject({ failed: [] })
    expect(lab.held).toEqual([])
  })

  for (const [integrity, header] of [
    ['md5', 'content-md5'],
    ['sha256', 'x-amz-checksum-sha256'],
    ['crc32', 'x-amz-checksum-crc32'],
  ] as const)
    it(`shows with ${integrity} that the body arrived whole`, async () => {
      const lab = await openLab('s3')
      lab.fill(['a', 'é&'])
      const sent: string[] = []
      const looking = (request: Request) => {
        sent.push(...[...request.headers.keys()].filter((name) => /md5|checksum/.test(name)))
        return fetch(request)
      }
      const report = await open(lab, { integrity, fetch: looking }).deleteMany(['a', 'é&'])
      expect(report.failed).toEqual([])
      expect(lab.held).toEqual([])
      expect(sent).toEqual([header])
      // And without looking, by the transport of this half.
      lab.fill(['b'])
      expect((await open(lab, { integrity }).deleteMany(['b'])).failed).toEqual([])
    })

  it('refuses conditions unless the store is known to look at them', async () => {
    const lab = await openLab('s3')
    lab.fill(['a', 'b', 'c'])
    const keys = [
      { key: 'a', eTag: EMPTY_TAG },
      { key: 'b', size: 0 },
      { key: 'c', lastModified: new Date() },
    ]
    const report = await open(lab).deleteMany(keys)
    expect(report.failed).toMatchObject(keys.map(({ key }) => ({ key, code: 'InvalidKey', outcome: 'not-sent' })))
    expect(lab.held).toEqual(['a', 'b', 'c'])
  })

  it('deletes only what is as described where the store looks', async () => {
    const now = new Date('2026-01-02T03:04:05Z')
    const clock = () => now
    const lab = await openLab('s3', { clock })
    lab.fill(['a', 'b', 'c', 'd', 'e\u0001'])
    const report = await open(lab, { conditionalDeletes: true, clock }).deleteMany([
      { key: 'a', eTag: EMPTY_TAG, size: 0, lastModified: now },
      { key: 'b', eTag: '"00000000000000000000000000000000"' },
      { key: 'c', size: 1 },
      { key: 'd', lastModified: new Date(0) },
      { key: 'e\u0001', size: 0 },
    ])
    expect(report.deleted).toEqual([{ key: 'a' }])
    expect(report.failed).toMatchObject([
      ...['b', 'c', 'd'].map((key) => ({ key, code: 'PreconditionFailed', outcome: 'refused', retryable: false })),
      { key: 'e\u0001', code: 'InvalidKey', outcome: 'not-sent' },
    ])
    expect(lab.held).toEqual(['b', 'c', 'd', 'e\u0001'])
  })

  it('asks apart for one key under two conditions', async () => {
    const lab = await openLab('s3')
    lab.fill(['a'])
    const keys = [
      { key: 'a', size: 7 },
      { key: 'a', size: 0 },
    ]
    const report = await open(lab, { conditionalDeletes: true, concurrency: 1 }).deleteMany(keys)
    expect(report.failed).toMatchObject([{ key: 'a', code: 'PreconditionFailed' }])
    expect(report.deleted).toEqual([{ key: 'a' }])
    expect(report.stats.requests).toBe(2)
  })

  it('signs with a session token', async () => {
    const credentials = { ...KEY_PAIR, sessionToken: 'a-token+/=' }
    const lab = await openLab('s3', { credentials })
    expect((await open(lab, { credentials }).deleteMany(['a', 'b\u0001'])).failed).toEqual([])
  })

  it('cannot be made with an IAM token, nor with words it does not know', () => {
    const options = { bucket: 'b', region: 'r', credentials: KEY_PAIR }
    expect(() => new S3StorageClient({ ...options, credentials: { iamToken: 't' } as never })).toThrow(/iamToken/)
    expect(() => new S3StorageClient({ ...options, addressing: 'host' as never })).toThrow(/addressing/)
    expect(() => new S3StorageClient({ ...options, integrity: 'crc64' as never })).toThrow(/integrity/)
    expect(() => new S3StorageClient({ ...options, region: undefined as never })).toThrow(/region/)
  })
})
