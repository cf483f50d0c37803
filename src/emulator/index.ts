import { serve } from '#runtime/server'
import type { AccountOptions } from './accounts.js'
import { Cloud, type StoreStats } from './emulator.js'
import { STORES, type StoreName } from './exchange.js'
import type { Faults } from './faults.js'
import { fetchFrom } from './fetch.js'
import type { State } from './state.js'

export type { AccountOptions } from './accounts.js'
export type { Lock } from './container.js'
export type { StoreStats } from './emulator.js'
export type { StoreName } from './exchange.js'
export type { Faults } from './faults.js'
export type { ContainerOptions, State, StoredVersion } from './state.js'

/** How the emulated cloud is set up. */
export interface EmulatorOptions extends AccountOptions {
  /** Makes faults and ids repeat from run to run. Default: 1. */
  readonly seed?: number
  /** What time it is in the cloud. Default: the present. */
  readonly clock?: () => Date
  /** The most pairs of a batch put to Alibaba's stores, which publish none. Default: 10,000. */
  readonly putLimit?: number
}

/** The stores on loopback ports. */
export interface Listening {
  /** One origin a store, as `http://127.0.0.1:49152`. */
  readonly endpoints: Readonly<Record<StoreName, string>>
  /** Closes the ports and every connection. */
  close(): Promise<void>
}

/** All providers in memory. */
export interface Emulator {
  /** Answers like `fetch`, telling the stores apart by the providers' own host names. Usable detached. */
  readonly fetch: typeof fetch
  /** Opens one port a store on 127.0.0.1. Node only. */
  readonly listen: () => Promise<Listening>
  /** What the stores hold. */
  readonly state: State
  /** Sets what goes wrong with a store, in place of what was set for it before; `{}` clears it. */
  readonly faults: (store: StoreName | 'all', faults: Faults) => void
  /** What each store has been asked so far. */
  readonly stats: Readonly<Record<StoreName, Readonly<StoreStats>>>
}

/**
 * A cloud of six stores in memory that answers as the providers do: it recomputes every signature and says no as they do.
 *
 * @example
 * const emulator = createEmulator()
 * emulator.state.create('s3', 'photos')
 * const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
 * new S3StorageClient({ bucket: 'photos', region: 'us-east-1', credentials, fetch: emulator.fetch })
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const cloud = new Cloud(options)
  const each = <Value>(value: (store: StoreName) => Value) =>
    Object.fromEntries(STORES.map((store) => [store, value(store)])) as Record<StoreName, Value>
  return {
    fetch: fetchFrom(cloud),
    state: cloud.holdings.state,
    stats: each((store) => cloud.stores[store].stats),
    faults(store, faults) {
      if (store !== 'all' && !STORES.includes(store))
        throw new TypeError(`store must be 'all' or one of ${STORES.join(', ')}`)
      for (const name of store === 'all' ? STORES : [store]) cloud.stores[name].troubles.set(faults)
    },
    async listen() {
      const servers = await Promise.all(STORES.map((store) => serve(cloud.stores[store].handle)))
      const ports = new Map(STORES.map((store, index) => [store, servers[index]?.port]))
      return {
        endpoints: each((store) => `http://127.0.0.1:${ports.get(store)}`),
        close: async () => {
          await Promise.all(servers.map((server) => server.close()))
        },
      }
    },
  }
}
