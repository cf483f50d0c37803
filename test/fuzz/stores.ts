import { DcdnKvClient } from 'keysweep/alibaba-dcdn'
import { EsaKvClient } from 'keysweep/alibaba-esa'
import { CtyunZosClient } from 'keysweep/ctyun-zos'
import type { StoreName } from 'keysweep/emulator'
import { NcloudStorageClient } from 'keysweep/ncloud'
import { S3StorageClient } from 'keysweep/s3'
import { YandexStorageClient } from 'keysweep/yandex'
import type { DeleteOptions, DeleteReport, Fetch, KeyPair, ObjectKey, Source } from '../../src/index.js'
import type { DecoderName } from './decoders.js'

export type { StoreName }

/** What a client is opened with here. */
export interface Opening {
  readonly fetch: Fetch
  readonly container?: string
  readonly credentials?: KeyPair
}

export interface Client {
  deleteMany(keys: Source<ObjectKey>, options?: DeleteOptions): Promise<DeleteReport>
}

const CREDENTIALS = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }

/** One attempt a request; the answer is what counts. */
const common = ({ fetch, credentials = CREDENTIALS }: Opening) => ({
  fetch,
  credentials,
  retry: { maxAttempts: 1, baseDelayMs: 1, maxDelayMs: 1 },
})

export const CLIENTS: Readonly<Record<StoreName, (opening: Opening) => Client>> = {
  'alibaba-esa': (opening) => new EsaKvClient({ ...common(opening), namespace: opening.container ?? 'keys' }),
  'alibaba-dcdn': (opening) => new DcdnKvClient({ ...common(opening), namespace: opening.container ?? 'keys' }),
  ncloud: (opening) => new NcloudStorageClient({ ...common(opening), bucket: opening.container ?? 'keys' }),
  'ctyun-zos': (opening) =>
    new CtyunZosClient({ ...common(opening), bucket: opening.container ?? 'keys', regionId: 'region' }),
  yandex: (opening) => new YandexStorageClient({ ...common(opening), bucket: opening.container ?? 'keys' }),
  s3: (opening) =>
    new S3StorageClient({ ...common(opening), bucket: opening.container ?? 'keys', region: 'us-east-1' }),
}

/** What decodes the answers to each client's deletions. */
export const DELETIONS: Readonly<Record<StoreName, DecoderName>> = {
  'alibaba-esa': 'alibaba-esa BatchDeleteKv',
  'alibaba-dcdn': 'alibaba-dcdn BatchDeleteDcdnKv',
  ncloud: 'ncloud DeleteObjects',
  'ctyun-zos': 'ctyun-zos delete-objects',
  yandex: 'yandex DeleteObjects',
  s3: 's3 DeleteObjects',
}
