import type { LookupFunction } from 'node:net'
import { Agent } from 'undici'
import type { AttemptEvent } from '../../src/index.js'
import { NcloudStorageClient } from '../../src/providers/ncloud.js'
import { S3StorageClient, type S3StorageOptions } from '../../src/providers/s3.js'
import { YandexStorageClient } from '../../src/providers/yandex.js'
import type { Gateway } from './gateway.js'
import { count } from './tally.js'

/** What tests set of a client; the rest follows from the gateway. */
export type Settings = Partial<Omit<S3StorageOptions, 'bucket' | 'region'>>
type Client = S3StorageClient | YandexStorageClient | NcloudStorageClient

/** Settings that leave nothing open but the bucket, for a client that names it in the path. */
function inPath({ endpoint, owner: credentials }: Gateway, { onAttempt, ...settings }: Settings = {}) {
  const counting = (event: AttemptEvent) => {
    if (event.code !== undefined)
      count('Attempts that failed', `${event.status ?? 'no answer'}: ${event.code}`, 'attempts')
    onAttempt?.(event)
  }
  return { endpoint, credentials, ...settings, onAttempt: counting }
}

/** The same for one that names it in the host. */
function inHost(gateway: Gateway, bucket: string) {
  const { host, hostname } = new URL(gateway.virtualEndpoint)
  // Node resolves no name under `localhost`. Any other name would mean that the bucket is not in it.
  const lookup: LookupFunction = (name, options, callback) => {
    if (name !== `${bucket}.${hostname}`) callback(new Error(`${name} is no bucket of ${host}`), '')
    else if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  }
  const dispatcher = new Agent({ connect: { lookup }, headersTimeout: 0, bodyTimeout: 0 })
  return { ...inPath(gateway), endpoint: gateway.virtualEndpoint, dispatcher }
}

const region = 'us-east-1'

export const s3Client = (gateway: Gateway, bucket: string, settings?: Settings): S3StorageClient =>
  new S3StorageClient({ bucket, region, ...inPath(gateway, settings) })

export const yandexClient = (gateway: Gateway, bucket: string, settings?: Settings): YandexStorageClient =>
  new YandexStorageClient({ bucket, ...inPath(gateway, settings) })

const ncloudClient = (gateway: Gateway, bucket: string, settings?: Settings): NcloudStorageClient =>
  new NcloudStorageClient({ bucket, ...inPath(gateway, settings) })

/** One client of each kind. */
export const KINDS = { S3StorageClient: s3Client, YandexStorageClient: yandexClient, NcloudStorageClient: ncloudClient }

const s3InHost = (gateway: Gateway, bucket: string, integrity: 'md5' | 'sha256') =>
  new S3StorageClient({ bucket, region, addressing: 'virtual', integrity, ...inHost(gateway, bucket) })

/** Every way of the project to speak to a store of the S3 family. */
export const CLIENTS: Readonly<Record<string, (gateway: Gateway, bucket: string) => Client>> = {
  'S3StorageClient, path, MD5': (gateway, bucket) => s3Client(gateway, bucket, { integrity: 'md5' }),
  'S3StorageClient, path, SHA-256': (gateway, bucket) => s3Client(gateway, bucket, { integrity: 'sha256' }),
  'S3StorageClient, path, CRC32': (gateway, bucket) => s3Client(gateway, bucket, { integrity: 'crc32' }),
  'S3StorageClient, virtual host, MD5': (gateway, bucket) => s3InHost(gateway, bucket, 'md5'),
  'S3StorageClient, virtual host, SHA-256': (gateway, bucket) => s3InHost(gateway, bucket, 'sha256'),
  'YandexStorageClient, path': (gateway, bucket) => yandexClient(gateway, bucket),
  'NcloudStorageClient, path': (gateway, bucket) => ncloudClient(gateway, bucket),
  'NcloudStorageClient, virtual host': (gateway, bucket) =>
    new NcloudStorageClient({ bucket, ...inHost(gateway, bucket) }),
}
