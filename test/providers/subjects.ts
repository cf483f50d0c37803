import { DcdnKvClient } from 'keysweep/alibaba-dcdn'
import { EsaKvClient } from 'keysweep/alibaba-esa'
import { CtyunZosClient } from 'keysweep/ctyun-zos'
import type { StoreName } from 'keysweep/emulator'
import { NcloudStorageClient } from 'keysweep/ncloud'
import { S3StorageClient } from 'keysweep/s3'
import { YandexStorageClient } from 'keysweep/yandex'
import type {
  ClientOptions,
  CredentialSource,
  DeleteBatch,
  DeleteReport,
  KeyPair,
  ObjectDeleteOptions,
  ObjectKey,
  RemoteKey,
  Source,
} from '../../src/index.js'

/** What all six clients can do. */
export interface Deleter {
  deleteMany(keys: Source<ObjectKey>, options?: ObjectDeleteOptions): Promise<DeleteReport>
  deleteBatches(keys: Source<ObjectKey>, options?: ObjectDeleteOptions): AsyncIterableIterator<DeleteBatch>
}

/** What a test sets of a client; the rest is filled in. */
export type OpenOptions = Omit<ClientOptions, 'credentials'> & {
  readonly credentials?: CredentialSource<KeyPair | RemoteKey>
  /** Of the bucket or namespace. */
  readonly container?: string
}

/** One provider, as the suite for all of them wants to know it. */
export interface Subject {
  readonly name: StoreName
  readonly family: 'kv' | 's3' | 'ctyun'
  /** Keys in one request. */
  readonly mostKeys: number
  /** Bytes of one encoded body. */
  readonly mostBytes: number
  readonly longestKeyBytes: number
  readonly operation: string
  readonly codes: {
    readonly wrongSecret: string
    readonly unknownKey: string
    readonly absentContainer: string
    readonly throttled: readonly string[]
  }
  /** Whether the store has a code of its own for credentials whose time is over. */
  readonly saysExpired: boolean
  open(options: OpenOptions & { readonly endpoint: string }): Deleter
}

export const CONTAINER = 'keys'
export const KEY_PAIR = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
export const QUICK = { baseDelayMs: 1, maxDelayMs: 20 }

const filled = <Options extends OpenOptions>({ container: _, ...options }: Options) => ({
  retry: QUICK,
  credentials: KEY_PAIR,
  ...options,
})
const nameOf = ({ container = CONTAINER }: OpenOptions) => container

const KV = { family: 'kv', mostKeys: 10_000, mostBytes: 2_000_000, longestKeyBytes: 512, saysExpired: true } as const
const KV_CODES = {
  wrongSecret: 'SignatureDoesNotMatch',
  unknownKey: 'InvalidAccessKeyId.NotFound',
  absentContainer: 'InvalidNameSpace.NotFound',
  throttled: ['TooManyRequests'],
}
const S3 = {
  family: 's3',
  mostKeys: 1000,
  mostBytes: 1_000_000,
  longestKeyBytes: 1024,
  saysExpired: true,
  operation: 'DeleteObjects',
  codes: {
    wrongSecret: 'SignatureDoesNotMatch',
    unknownKey: 'InvalidAccessKeyId',
    absentContainer: 'NoSuchBucket',
    throttled: ['TooManyRequests'],
  },
} as const

export const SUBJECTS = {
  'alibaba-esa': {
    ...KV,
    name: 'alibaba-esa',
    operation: 'BatchDeleteKv',
    codes: KV_CODES,
    open: (options) => new EsaKvClient({ ...filled(options), namespace: nameOf(options) }),
  },
  'alibaba-dcdn': {
    ...KV,
    name: 'alibaba-dcdn',
    operation: 'BatchDeleteDcdnKv',
    codes: KV_CODES,
    open: (options) => new DcdnKvClient({ ...filled(options), namespace: nameOf(options) }),
  },
  ncloud: {
    ...S3,
    name: 'ncloud',
    open: (options) => new NcloudStorageClient({ ...filled(options), bucket: nameOf(options) }),
  },
  'ctyun-zos': {
    name: 'ctyun-zos',
    family: 'ctyun',
    mostKeys: 1000,
    mostBytes: 524_288,
    longestKeyBytes: 1024,
    saysExpired: false,
    operation: 'delete-objects',
    codes: {
      wrongSecret: '10009',
      unknownKey: '10002',
      absentContainer: 'openapi.bucket.notFound',
      throttled: ['10429'],
    },
    open: (options) => new CtyunZosClient({ ...filled(options), bucket: nameOf(options), regionId: 'region' }),
  },
  yandex: {
    ...S3,
    name: 'yandex',
    open: (options) => new YandexStorageClient({ ...filled(options), bucket: nameOf(options) }),
  },
  s3: {
    ...S3,
    name: 's3',
    open: (options) => new S3StorageClient({ ...filled(options), bucket: nameOf(options), region: 'us-east-1' }),
  },
} as const satisfies Readonly<Record<StoreName, Subject>>

/** `count` keys that need no escaping, each different. */
export const manyKeys = (count: number, prefix = 'key-'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** What a promise rejects with; fails where it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected a rejection')
}
