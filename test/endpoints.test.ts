import {
  CtyunZosClient,
  DcdnKvClient,
  EsaKvClient,
  isKeysweepError,
  NcloudStorageClient,
  S3StorageClient,
  YandexStorageClient,
} from 'keysweep'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' }
/** Global fetch, which both halves can send through, and which is intercepted here. */
const fetch = (request: Request) => globalThis.fetch(request)
const shared = { credentials, fetch }

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const xml = '<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>'
const lists = { RequestId: 'R', SuccessKeys: ['k'], FailKeys: [] }
const envelope = { statusCode: 800, returnObj: { deleted: [{ key: 'k' }] } }

const cases = [
  {
    name: 'ESA',
    client: () => new EsaKvClient({ namespace: 'my ns', ...shared }),
    sent: 'POST https://esa.cn-hangzhou.aliyuncs.com/?Namespace=my%20ns',
    answer: () => HttpResponse.json(lists),
  },
  {
    name: 'DCDN',
    client: () => new DcdnKvClient({ namespace: 'n', ...shared }),
    sent: 'POST https://dcdn.aliyuncs.com/?Namespace=n',
    answer: () => HttpResponse.json(lists),
  },
  {
    name: 'Ncloud',
    client: () => new NcloudStorageClient({ bucket: 'photos', ...shared }),
    sent: 'POST https://photos.kr.ncloudstorage.com/?delete=',
    answer: () => HttpResponse.xml(xml),
  },
  {
    name: 'Ncloud, a bucket with a dot',
    client: () => new NcloudStorageClient({ bucket: 'my.photos', ...shared }),
    sent: 'POST https://kr.ncloudstorage.com/my.photos?delete=',
    answer: () => HttpResponse.xml(xml),
  },
  {
    name: 'CTyun',
    client: () => new CtyunZosClient({ bucket: 'photos', regionId: 'r', ...shared }),
    sent: 'POST https://zos-global.ctapi.ctyun.cn/v4/oss/delete-objects',
    answer: () => HttpResponse.json(envelope),
  },
  {
    name: 'Yandex',
    client: () => new YandexStorageClient({ bucket: 'photos', ...shared }),
    sent: 'POST https://storage.yandexcloud.net/photos?delete=',
    answer: () => HttpResponse.xml(xml),
  },
  {
    name: 'AWS',
    client: () => new S3StorageClient({ bucket: 'photos', region: 'eu-west-1', ...shared }),
    sent: 'POST https://s3.eu-west-1.amazonaws.com/photos?delete=',
    answer: () => HttpResponse.xml(xml),
  },
  {
    name: 'AWS in China, virtual host',
    client: () => new S3StorageClient({ bucket: 'photos', region: 'cn-north-1', addressing: 'virtual', ...shared }),
    sent: 'POST https://photos.s3.cn-north-1.amazonaws.com.cn/?delete=',
    answer: () => HttpResponse.xml(xml),
  },
  {
    name: 'a proxy, its path unsigned',
    client: () =>
      new S3StorageClient({
        bucket: 'photos',
        region: 'r',
        endpoint: 'https://proxy.example/s3/',
        signingHost: 's3.example',
        ...shared,
      }),
    sent: 'POST https://proxy.example/s3/photos?delete=',
    answer: () => HttpResponse.xml(xml),
  },
]

describe.each(cases)('$name', ({ client, sent, answer }) => {
  test('is asked at its own address, and believed', async () => {
    const seen: string[] = []
    server.use(
      http.all('*', ({ request }) => {
        seen.push(`${request.method} ${request.url}`)
        return answer()
      }),
    )
    const { deleted, failed } = await client().deleteMany(['k'])
    expect({ seen, deleted, failed }).toEqual({ seen: [sent], deleted: [{ key: 'k' }], failed: [] })
  })

  test('is not followed elsewhere', async () => {
    const seen: string[] = []
    server.use(
      http.all('*', ({ request }) => {
        seen.push(request.url)
        return new HttpResponse(null, { status: 307, headers: { location: 'https://elsewhere.example/' } })
      }),
    )
    const error = await client()
      .deleteMany(['k'])
      .catch((reason: unknown) => reason)
    expect(isKeysweepError(error)).toBe(true)
    expect(error).toMatchObject({ status: 307, report: { deleted: [], failed: [{ key: 'k', outcome: 'refused' }] } })
    expect(seen).toHaveLength(1)
  })
})

test.each([
  { bucket: 'storage', signingHost: 'storage.yandexcloud.net', path: '/storage' },
  { bucket: 'photos', signingHost: 'storage.yandexcloud.net', path: '/photos' },
  { bucket: 'photos', signingHost: 'photos.storage.yandexcloud.net', path: '/' },
])('$bucket is asked for as $path of $signingHost', async ({ bucket, signingHost, path }) => {
  const asked: string[] = []
  const fetch = async ({ url }: Request) => {
    asked.push(new URL(url).pathname)
    return new Response(xml)
  }
  const options = { endpoint: 'https://proxy.example', bucket, signingHost, credentials: shared.credentials, fetch }
  await new YandexStorageClient(options).deleteMany(['k'])
  expect(asked).toEqual([path])
})

test.each([
  ['path', '/photos'],
  ['virtual', '/'],
] as const)('a host that begins with the bucket is taken as told: %s', async (addressing, path) => {
  const asked: string[] = []
  const fetch = async ({ url }: Request) => {
    asked.push(new URL(url).pathname)
    return new Response(xml)
  }
  const signingHost = 'photos.s3.example'
  const options = { bucket: 'photos', region: 'r', endpoint: 'https://proxy.example', signingHost, addressing }
  await new S3StorageClient({ ...options, credentials: shared.credentials, fetch }).deleteMany(['k'])
  expect(asked).toEqual([path])
})

test.each([
  ['http without allowHttp', { endpoint: 'http://store.example' }, /endpoint must be https/],
  ['no URL', { endpoint: 'store.example' }, /endpoint must be an absolute/],
  ['credentials in the URL', { endpoint: 'https://a:b@store.example' }, /endpoint must hold no credentials/],
  ['no credentials', { credentials: undefined }, /credentials must be .* not undefined/],
  ['an empty bucket', { bucket: '' }, /bucket must not be empty/],
  ['a negative concurrency', { concurrency: -1 }, /concurrency must be a whole number of 1 or more/],
  ['a timeout of no number', { timeoutMs: '5' }, /timeoutMs must be a number, not string/],
  ['an unknown checksum', { integrity: 'sha1' }, /integrity must be one of md5, sha256, crc32/],
  ['an IAM token', { credentials: { iamToken: 't0ken' } }, /credentials.iamToken is not known/],
  ['a key with a line break', { credentials: { accessKeyId: 'a\nb', secretAccessKey: 's' } }, /accessKeyId must be/],
  [
    'a bucket that would name another host',
    { bucket: 'evil.example?x', addressing: 'virtual' },
    /^bucket must be lower/,
  ],
  ['a bucket in upper case in the host', { bucket: 'Photos', addressing: 'virtual' }, /^bucket must be lower-case/],
  ['a bucket that is a dot segment', { bucket: '..' }, /^bucket must not be `.` or `..`/],
  ['half a surrogate pair', { bucket: '\ud800' }, /^bucket must not hold half a surrogate pair/],
  ['a region that would name another host', { region: 'evil.example/' }, /^region must be letters/],
  ['a region with a line break', { region: 'us-east-1\n' }, /^region must be letters/],
  [
    'a bucket before an IP address',
    { endpoint: 'http://127.0.0.1:1', addressing: 'virtual' },
    /^addressing must be 'path'/,
  ],
  [
    'a bucket before an IPv6 address',
    { endpoint: 'http://[::1]:1', addressing: 'virtual' },
    /^addressing must be 'path'/,
  ],
  ['a URL to sign for', { signingHost: 'https://s3.example' }, /^signingHost must be a host/],
  ['a host to sign for with a line break', { signingHost: 's3.example\r\nx: y' }, /^signingHost must be a host/],
  [
    'a host without the bucket',
    { signingHost: 's3.example', addressing: 'virtual' },
    /^signingHost must begin with the bucket/,
  ],
  ['a host that may hold the bucket', { signingHost: 'b.s3.example' }, /^addressing must say whether/],
  ['two transports', { dispatcher: { dispatch() {} } }, /fetch replaces the transport whole/],
])('%s is refused at construction', (_, wrong, message) => {
  const options = { bucket: 'b', region: 'r', ...shared, ...wrong }
  expect(() => new S3StorageClient(options as never)).toThrow(message)
})
