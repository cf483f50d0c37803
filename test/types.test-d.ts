import {
  CtyunZosClient,
  DcdnKvClient,
  type DeletedKey,
  type DeleteReport,
  EsaKvClient,
  type FailedKey,
  isKeysweepError,
  NcloudStorageClient,
  type PutReport,
  S3StorageClient,
  YandexStorageClient,
} from 'keysweep'
import { createEmulator } from 'keysweep/emulator'

// Compiled and never run: what must compile, and what must not.

const credentials = { accessKeyId: 'k', secretAccessKey: 's' }
const { fetch } = createEmulator()
const esa = new EsaKvClient({ namespace: 'n', credentials, fetch })
const dcdn = new DcdnKvClient({ namespace: 'n', credentials })
const ctyun = new CtyunZosClient({ bucket: 'b', regionId: 'r', credentials })
const ncloud = new NcloudStorageClient({ bucket: 'b', credentials, lastModifiedAsHttpDate: true })
const yandex = new YandexStorageClient({ bucket: 'b', credentials: async () => ({ iamToken: 't' }) })
const s3 = new S3StorageClient({ bucket: 'b', region: 'r', credentials, addressing: 'virtual', integrity: 'crc32' })

// Every kind of input.
async function* stream() {
  yield 'a'
  yield { key: 'b' }
}
export const reports: Promise<DeleteReport>[] = [
  ...[esa, dcdn, ctyun, ncloud, yandex, s3].map((client) => client.deleteMany(['a', { key: 'b' }])),
  esa.deleteMany(new Set(['a'])),
  dcdn.deleteMany(stream()),
  ctyun.deleteMany(new ReadableStream<string>()),
  ncloud.deleteMany(new Map<string, number>().keys()),
]
export const put: Promise<PutReport> = esa.putMany([{ key: 'k', value: 'v', expiration: new Date() }])

// Versions and conditions, where the store looks at them.
const version = { key: 'k', versionId: 'v' }
const condition = { key: 'k', eTag: '"e"', size: 1 }
s3.deleteMany([version, condition])
ncloud.deleteMany([version, condition])
ctyun.deleteMany([version])
yandex.deleteMany([version])
// @ts-expect-error: a key-value store has no versions
esa.deleteMany([{ key: 'k', versionId: 'v' }])
// @ts-expect-error: nor where the key comes from elsewhere
esa.deleteMany([version])
// @ts-expect-error: nor in batches
dcdn.deleteBatches([version])
// @ts-expect-error: this store would not look at it
yandex.deleteMany([condition])
// @ts-expect-error: nor this one
ctyun.deleteMany([condition])
// @ts-expect-error: an entry is written without a version
dcdn.putMany([{ key: 'k', value: 'v', versionId: 'v' }])

// Options of a run, where they mean something.
s3.deleteMany(['k'], { bypassGovernance: true, quiet: true })
// @ts-expect-error: nothing to bypass
esa.deleteMany(['k'], { bypassGovernance: true })
// @ts-expect-error: nor here
ctyun.deleteMany(['k'], { bypassGovernance: true })
// @ts-expect-error: a put cannot be quiet
esa.putMany([], { quiet: true })
// @ts-expect-error: object stores take no entries
s3.putMany([])
// @ts-expect-error: characters are hardly meant as keys
s3.deleteMany('keys')

// Options of a client, where they mean something.
// @ts-expect-error: the bucket is missing
new S3StorageClient({ region: 'r', credentials })
// @ts-expect-error: the region is missing
new S3StorageClient({ bucket: 'b', credentials })
// @ts-expect-error: a key-value store has namespaces
new EsaKvClient({ bucket: 'b', credentials })
// @ts-expect-error: only Yandex knows IAM tokens
new NcloudStorageClient({ bucket: 'b', credentials: { iamToken: 't' } })
// @ts-expect-error: the region is Yandex's own
new CtyunZosClient({ bucket: 'b', regionId: 'r', region: 'r', credentials })
// @ts-expect-error: MD5 is all that Ncloud takes
new NcloudStorageClient({ bucket: 'b', credentials, integrity: 'crc32' })
// @ts-expect-error: half a key pair
new DcdnKvClient({ namespace: 'n', credentials: { accessKeyId: 'k' } })

// What is told.
esa.deleteMany(['k'], {
  onProgress: ({ deleted, total }) => {
    const numbers: [number, number | undefined] = [deleted, total]
    return numbers
  },
})
export function tell(error: unknown, { outcome }: FailedKey, { deleteMarker }: DeletedKey): string {
  // @ts-expect-error: there is no such outcome
  if (outcome === 'maybe') return ''
  const marker: boolean | undefined = deleteMarker
  return isKeysweepError(error) ? `${error.code} ${error.report?.resumeFrom} ${marker}` : ''
}
