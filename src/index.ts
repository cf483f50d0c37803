export type { DeleteClient, KeyValueClient } from './client.js'
export type { CredentialSource, Credentials, IamToken, KeyPair, RemoteKey, SigningRequest } from './credentials.js'
export type { RetryOptions } from './engine/retry.js'
export type { AttemptEvent } from './engine/store.js'
export { isKeysweepError, KeysweepError } from './errors.js'
export type { Addressing, Integrity } from './families/s3.js'
export type { Fetch } from './fetch-transport.js'
export type { ConditionalKey, Entry, KvKey, ObjectKey, Source } from './items.js'
export type { ClientOptions, DeleteOptions, ObjectDeleteOptions, Progress, PutOptions } from './options.js'
export { DcdnKvClient, type DcdnKvOptions } from './providers/alibaba-dcdn.js'
export { EsaKvClient, type EsaKvOptions } from './providers/alibaba-esa.js'
export { CtyunZosClient, type CtyunZosOptions } from './providers/ctyun-zos.js'
export { NcloudStorageClient, type NcloudStorageOptions } from './providers/ncloud.js'
export { S3StorageClient, type S3StorageOptions } from './providers/s3.js'
export { YandexStorageClient, type YandexStorageOptions } from './providers/yandex.js'
export type {
  DeleteBatch,
  DeletedKey,
  DeleteReport,
  DeleteStats,
  FailedKey,
  PutBatch,
  PutReport,
  PutStats,
  RunStats,
  WrittenKey,
} from './report.js'
