import {
  type ClientOptions,
  CtyunZosClient,
  DcdnKvClient,
  type DeleteBatch,
  type DeleteReport,
  EsaKvClient,
  type KeyPair,
  NcloudStorageClient,
  type PutBatch,
  type PutReport,
  type RemoteKey,
  S3StorageClient,
  type Source,
  YandexStorageClient,
} from 'keysweep'
import type { StoreName } from 'keysweep/emulator'
import type { Agent } from 'undici'

/** How a store writes requests and answers. */
export type Family = 'kv' | 's3' | 'ctyun'

export interface StoreFacts {
  readonly family: Family
  readonly mostItems: number
  readonly mostBytes: number
  readonly longestKeyBytes: number
}

const KV: StoreFacts = { family: 'kv', mostItems: 10_000, mostBytes: 2_000_000, longestKeyBytes: 512 }
const S3: StoreFacts = { family: 's3', mostItems: 1000, mostBytes: 1_000_000, longestKeyBytes: 1024 }

/** What the providers state, written down once more: the engine's own numbers are on trial. */
export const STORES: Readonly<Record<StoreName, StoreFacts>> = {
  'alibaba-esa': KV,
  'alibaba-dcdn': KV,
  ncloud: S3,
  'ctyun-zos': { family: 'ctyun', mostItems: 1000, mostBytes: 524_288, longestKeyBytes: 1024 },
  yandex: S3,
  s3: S3,
}

export const CONTAINER = 'keys'

/** What all clients can do, and those of key-value stores besides; the items may be anything. */
export interface Client {
  deleteMany(keys: Source<never>, options: object): Promise<DeleteReport>
  deleteBatches(keys: Source<never>, options: object): AsyncIterableIterator<DeleteBatch>
  putMany?(entries: Source<never>, options: object): Promise<PutReport>
  putBatches?(entries: Source<never>, options: object): AsyncIterableIterator<PutBatch>
}

type Options = Omit<ClientOptions<KeyPair | RemoteKey>, 'dispatcher'> & { readonly dispatcher?: Agent }

/** A client of the store at `options.endpoint`. */
export function openClient(store: StoreName, options: Options, integrity: 'md5' | 'sha256' | 'crc32'): Client {
  switch (store) {
    case 'alibaba-esa':
      return new EsaKvClient({ ...options, namespace: CONTAINER })
    case 'alibaba-dcdn':
      return new DcdnKvClient({ ...options, namespace: CONTAINER })
    case 'ncloud':
      return new NcloudStorageClient({ ...options, bucket: CONTAINER })
    case 'ctyun-zos':
      return new CtyunZosClient({ ...options, bucket: CONTAINER, regionId: 'region' })
    case 'yandex':
      return new YandexStorageClient({ ...options, bucket: CONTAINER })
    case 's3':
      return new S3StorageClient({
        ...options,
        bucket: CONTAINER,
        region: 'us-east-1',
        integrity,
        conditionalDeletes: true,
      })
  }
}
