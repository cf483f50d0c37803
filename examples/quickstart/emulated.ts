import type { Credentials, DeleteReport, ObjectKey, Source } from 'keysweep'
import {
  CtyunZosClient,
  DcdnKvClient,
  EsaKvClient,
  NcloudStorageClient,
  S3StorageClient,
  YandexStorageClient,
} from 'keysweep'
import { createEmulator, type Emulator, type Faults, type StoreName } from 'keysweep/emulator'
import { count, ProgressDisplay } from './progress.js'
import { type Environment, MisconfiguredError } from './settings.js'
import { failedLine, type StoreResult, table } from './summary.js'

const CONTAINER = 'quickstart'
const KEYS_A_STORE = 25_000
const SAMPLE = 2

/** The emulator's own; it knows no others. */
const credentials: Credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }

interface Demo {
  readonly store: StoreName
  /** What goes wrong there, in words and as faults. */
  readonly trouble: string
  readonly faults: Faults
  /** Puts the keys in; gives what to delete. */
  fill(state: Emulator['state'], keys: number): string[] | ObjectKey[]
  open(endpoint: string): { deleteMany(keys: Source<never>, options?: object): Promise<DeleteReport> }
}

/** Two keys that XML and JSON must escape, and a plain rest. */
const keyAt = (index: number): string =>
  index === 0
    ? 'tea & <biscuits>.txt'
    : index === 1
      ? 'großes/日本語/🫖.json'
      : `photos/${String(index).padStart(6, '0')}.jpg`

function fillPlain(store: StoreName) {
  return (state: Emulator['state'], keys: number): string[] => {
    state.create(store, CONTAINER)
    const filled = Array.from({ length: keys }, (_, index) => keyAt(index))
    for (const key of filled) state.put(store, CONTAINER, key)
    return filled
  }
}

/** A bucket that keeps versions, three of them locked: deletes by version, for good. */
function fillLocked(store: StoreName) {
  return (state: Emulator['state'], keys: number): ObjectKey[] => {
    state.create(store, CONTAINER, { versioning: true, objectLock: true })
    return Array.from({ length: keys }, (_, index) => {
      const key = keyAt(index)
      const versionId = state.put(store, CONTAINER, key)
      if (index % Math.ceil(keys / 3) === 7) state.lock(store, CONTAINER, key, 'COMPLIANCE')
      return { key, versionId }
    })
  }
}

const DEMOS: readonly Demo[] = [
  {
    store: 'alibaba-esa',
    trouble: 'throttles above 20,000 keys a second',
    faults: { throttle: { keysPerSecond: 20_000, burst: 10_000 }, retryAfter: 0.5 },
    fill: fillPlain('alibaba-esa'),
    open: (endpoint) => new EsaKvClient({ namespace: CONTAINER, credentials, endpoint }),
  },
  {
    store: 'alibaba-dcdn',
    trouble: 'fails one key in a hundred, and names no reason',
    faults: { keyErrors: { Failed: 0.01 } },
    fill: fillPlain('alibaba-dcdn'),
    open: (endpoint) => new DcdnKvClient({ namespace: CONTAINER, credentials, endpoint }),
  },
  {
    store: 'ncloud',
    trouble: 'answers one request in ten with 503, and breaks one connection in ten',
    faults: { status: { 503: 0.1 }, reset: 0.1 },
    fill: fillPlain('ncloud'),
    open: (endpoint) => new NcloudStorageClient({ bucket: CONTAINER, credentials, endpoint }),
  },
  {
    store: 'ctyun-zos',
    trouble: 'denies access to one key in 5,000',
    faults: { keyErrors: { AccessDenied: 1 / 5000 } },
    fill: fillPlain('ctyun-zos'),
    open: (endpoint) => new CtyunZosClient({ bucket: CONTAINER, regionId: 'region-1', credentials, endpoint }),
  },
  {
    store: 'yandex',
    trouble: 'has an internal error with one key in a hundred, and an HTML page for one request in ten',
    faults: { keyErrors: { InternalError: 0.01 }, html: 0.1 },
    fill: fillPlain('yandex'),
    open: (endpoint) =>
      new YandexStorageClient({ bucket: CONTAINER, credentials: { iamToken: 'emulator-iam-token' }, endpoint }),
  },
  {
    store: 's3',
    trouble: 'has three versions locked',
    faults: {},
    fill: fillLocked('s3'),
    open: (endpoint) => new S3StorageClient({ bucket: CONTAINER, region: 'us-east-1', credentials, endpoint }),
  },
]

/** Deletes from each store of an emulated cloud, over HTTP on loopback. False where a report and the store disagree. */
export async function sweepEmulator(environment: Environment): Promise<boolean> {
  const keys = keysAStore(environment.KEYSWEEP_DEMO_KEYS)
  const emulator = createEmulator()
  emulator.faults('all', { latencyMs: 20 })
  const { endpoints, close } = await emulator.listen()
  console.log(`Six stores of an emulated cloud on this machine, ${count(keys)} keys each. By design,`)
  for (const { store, trouble } of DEMOS) console.log(`  ${store.padEnd(12)} ${trouble}`)
  console.log()
  const display = new ProgressDisplay()
  const results: StoreResult[] = []
  const samples: string[] = []
  try {
    const bars = DEMOS.map(({ store }) => display.add(store, keys, (value) => `${count(value)} of ${count(keys)} keys`))
    for (const [index, { store, faults, fill, open }] of DEMOS.entries()) {
      const filled = fill(emulator.state, keys)
      emulator.faults(store, { latencyMs: 20, ...faults })
      const bar = bars[index]
      const onProgress = ({ deleted, failed }: { deleted: number; failed: number }) =>
        bar?.update(deleted + failed, failed)
      const { failed, stats } = await open(endpoints[store]).deleteMany(filled as Source<never>, { onProgress })
      bar?.done()
      results.push({ store, stats, left: emulator.state.size(store, CONTAINER) })
      for (const item of failed.slice(0, SAMPLE)) samples.push(`  ${store.padEnd(12)} ${failedLine(item)}`)
    }
  } finally {
    display.stop()
    await close()
  }
  console.log(`\n${table(results)}`)
  if (samples.length > 0) console.log(`\nSome of the failed keys:\n${samples.join('\n')}`)
  // A failed key is still there, unless its outcome is unknown; a deleted one never is.
  return results.every(({ stats, left = 0 }) => stats.deleted + stats.failed === keys && left <= stats.failed)
}

function keysAStore(text: string | undefined): number {
  if (!text) return KEYS_A_STORE
  const keys = Number(text)
  if (Number.isInteger(keys) && keys >= 10 && keys <= 10_000_000) return keys
  throw new MisconfiguredError('KEYSWEEP_DEMO_KEYS must be a whole number from 10 to 10,000,000')
}
