import {
  CtyunZosClient,
  DcdnKvClient,
  type DeleteBatch,
  type DeleteOptions,
  EsaKvClient,
  type KeyPair,
  NcloudStorageClient,
  S3StorageClient,
  type Source,
  YandexStorageClient,
} from 'keysweep'
import { createEmulator, type Emulator, type Faults, type StoreName } from 'keysweep/emulator'

/** What all six clients have in common for this page. */
export interface Sweeper {
  deleteBatches(keys: Source<string>, options?: DeleteOptions): AsyncIterableIterator<DeleteBatch>
}

const CONTAINER = 'example'

/**
 * The emulator's own, which are no secret. A page that calls a real store has none either: it asks its server to sign, or for
 * temporary credentials. See ../../secrets.
 */
const credentials = async (): Promise<KeyPair> => ({ accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' })

const CLIENTS: Readonly<Record<StoreName, (fetch: Emulator['fetch']) => Sweeper>> = {
  s3: (fetch) => new S3StorageClient({ bucket: CONTAINER, region: 'us-east-1', credentials, fetch }),
  yandex: (fetch) => new YandexStorageClient({ bucket: CONTAINER, credentials, fetch }),
  ncloud: (fetch) => new NcloudStorageClient({ bucket: CONTAINER, credentials, fetch }),
  'ctyun-zos': (fetch) => new CtyunZosClient({ bucket: CONTAINER, regionId: 'region-1', credentials, fetch }),
  'alibaba-esa': (fetch) => new EsaKvClient({ namespace: CONTAINER, credentials, fetch }),
  'alibaba-dcdn': (fetch) => new DcdnKvClient({ namespace: CONTAINER, credentials, fetch }),
}

/** How the store behaves, from well to badly. */
export const BEHAVIOURS: Readonly<Record<string, Faults>> = {
  calm: { latencyMs: 100 },
  busy: { latencyMs: 100, throttle: { keysPerSecond: 25_000, burst: 10_000 }, retryAfter: 0.5 },
  flaky: { latencyMs: 100, status: { 500: 0.04, 503: 0.08 }, reset: 0.05, truncate: 0.03, html: 0.03 },
  hostile: {
    latencyMs: 100,
    status: { 500: 0.1, 503: 0.03 },
    reset: 0.1,
    html: 0.05,
    truncate: 0.05,
    keyErrors: { AccessDenied: 0.018, ObjectLocked: 0.006 },
  },
}

/** A store of an emulated cloud in this page that holds `keys`, and a client of it. */
export function openStore(store: StoreName, keys: readonly string[], behaviour: string) {
  const emulator = createEmulator({ seed: 7 })
  emulator.state.create(store, CONTAINER)
  for (const key of keys) emulator.state.put(store, CONTAINER, key)
  emulator.faults(store, BEHAVIOURS[behaviour] ?? {})
  return {
    client: CLIENTS[store](emulator.fetch),
    /** How many keys it holds by now. */
    size: () => emulator.state.size(store, CONTAINER),
  }
}
