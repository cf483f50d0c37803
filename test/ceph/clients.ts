import type { LookupFunction } from 'node:net'
import { Agent } from 'undici'
import { NcloudStorageClient } from '../../src/providers/ncloud.js'
import { S3StorageClient, type S3StorageOptions } from '../../src/providers/s3.js'
import { YandexStorageClient, type YandexStorageOptions } from '../../src/providers/yandex.js'
import type { Gateway } from './gateway.js'

/** What tests set of a client; the rest follows from the gateway. */
export type Settings = Partial<Omit<S3StorageOptions, 'bucket' | 'region'>>

const toLoopback: LookupFunction = (_name, options, callback) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

/** Connects to the gateway whatever the name: Node resolves none under `localhost`. */
const loopback = () => new Agent({ connect: { lookup: toLoopback }, headersTimeout: 0, bodyTimeout: 0 })

export function s3Client(gateway: Gateway, bucket: string, settings: Settings = {}): S3StorageClient {
  const { endpoint, virtualEndpoint, owner: credentials } = gateway
  const where = settings.addressing === 'virtual' ? { endpoint: virtualEndpoint, dispatcher: loopback() } : { endpoint }
  return new S3StorageClient({ bucket, region: 'us-east-1', credentials, ...where, ...settings })
}

export function yandexClient(
  { endpoint, owner: credentials }: Gateway,
  bucket: string,
  settings: Partial<YandexStorageOptions> = {},
): YandexStorageClient {
  return new YandexStorageClient({ bucket, endpoint, credentials, ...settings })
}

type Open = (gateway: Gateway, bucket: string) => S3StorageClient | YandexStorageClient | NcloudStorageClient

const common = ({ endpoint, owner: credentials }: Gateway, bucket: string) => ({ endpoint, credentials, bucket })
const virtual = (gateway: Gateway, bucket: string) => ({
  ...common(gateway, bucket),
  endpoint: gateway.virtualEndpoint,
  dispatcher: loopback(),
})

/** Every way of the project to speak to a store of the S3 family. */
export const CLIENTS: Readonly<Record<string, Open>> = {
  'S3StorageClient, path, MD5': (gateway, bucket) => s3Client(gateway, bucket, { integrity: 'md5' }),
  'S3StorageClient, path, SHA-256': (gateway, bucket) => s3Client(gateway, bucket, { integrity: 'sha256' }),
  'S3StorageClient, path, CRC32': (gateway, bucket) => s3Client(gateway, bucket, { integrity: 'crc32' }),
  'S3StorageClient, virtual host, MD5': (gateway, bucket) =>
    s3Client(gateway, bucket, { addressing: 'virtual', integrity: 'md5' }),
  'S3StorageClient, virtual host, SHA-256': (gateway, bucket) =>
    s3Client(gateway, bucket, { addressing: 'virtual', integrity: 'sha256' }),
  'YandexStorageClient, path': (gateway, bucket) => yandexClient(gateway, bucket),
  'NcloudStorageClient, path': (gateway, bucket) => new NcloudStorageClient(common(gateway, bucket)),
  'NcloudStorageClient, virtual host': (gateway, bucket) => new NcloudStorageClient(virtual(gateway, bucket)),
}
