import { text } from '../bytes.js'
import * as check from '../check.js'
import { Container, type Lock, type Versioning } from './container.js'
import { STORES, type StoreName } from './exchange.js'
import type { Random } from './random.js'
import { versionIds } from './version-ids.js'

/** How a bucket is made. Namespaces know neither. */
export interface ContainerOptions {
  /** `true` or `'Enabled'` keeps versions; `'Suspended'` writes the version `null`. Default: off. */
  readonly versioning?: boolean | 'Enabled' | 'Suspended'
  /** Versions can be locked; turns versioning on. Default: off. */
  readonly objectLock?: boolean
}

/** One version of a key. */
export interface StoredVersion {
  /** `null` where the bucket kept no versions at the time. */
  readonly versionId: string
  readonly deleteMarker: boolean
  readonly lock?: Lock
}

/** What the stores hold, to arrange and to look at. Everything but `create` throws where there is no such container. */
export interface State {
  /** Makes a bucket or namespace; one that exists keeps its keys and takes the new options. */
  create(store: StoreName, container: string, options?: ContainerOptions): void
  /** Writes a key (default value: empty; bytes as UTF-8) and gives the version's id, `null` where no versions are kept. */
  put(store: StoreName, container: string, key: string, value?: string | Uint8Array): string
  /** Whether the key is there for a reader: not deleted, not expired. */
  has(store: StoreName, container: string, key: string): boolean
  /** The keys that are there for a reader, in the order they came. */
  keys(store: StoreName, container: string): string[]
  /** How many keys are there for a reader. */
  size(store: StoreName, container: string): number
  /** The versions of a key, delete markers included, the newest first. */
  versions(store: StoreName, container: string, key: string): StoredVersion[]
  /** Locks the newest version of a key in a bucket made with `objectLock`. */
  lock(store: StoreName, container: string, key: string, lock: Lock): void
}

const LOCKS: readonly Lock[] = ['GOVERNANCE', 'COMPLIANCE', 'HOLD']

function objectLockOf(options: ContainerOptions): boolean {
  check.object(options, 'options')
  check.names(options, ['versioning', 'objectLock'])
  check.boolean(options.objectLock, 'objectLock')
  return options.objectLock === true
}

function versioningOf({ versioning = false }: ContainerOptions, isLockable: boolean): Versioning {
  const mode = String(versioning).toLowerCase()
  if (!['true', 'false', 'enabled', 'suspended'].includes(mode))
    throw new TypeError("versioning must be true, false, 'Enabled' or 'Suspended'")
  if (mode !== 'suspended') return mode !== 'false' || isLockable ? 'Enabled' : 'off'
  if (isLockable) throw new TypeError('objectLock needs versioning, which cannot be suspended')
  return 'Suspended'
}

/** All the buckets and namespaces. */
export class Holdings {
  readonly #stores = new Map<StoreName, Map<string, Container>>(STORES.map((store) => [store, new Map()]))

  constructor(
    readonly clock: () => number,
    readonly random: Random,
  ) {}

  /** The container by its name, if there is one. */
  find(store: StoreName, name: string): Container | undefined {
    return this.#stores.get(store)?.get(name)
  }

  /** What users of the emulator see of all this. */
  readonly state: State = {
    create: (store, name, options = {}) => {
      const containers = this.#stores.get(store)
      if (!containers) throw new TypeError(`store must be one of ${STORES.join(', ')}, not ${JSON.stringify(store)}`)
      check.text(name, 'container')
      const present = containers.get(name)
      // As in S3, what can be locked stays so.
      const isLockable = objectLockOf(options) || present?.isLockable === true
      const mode = versioningOf(options, isLockable)
      const container = present ?? new Container(mode, this.clock, versionIds(this.random, store === 'ncloud'))
      container.versioning = mode
      container.isLockable = isLockable
      containers.set(name, container)
    },
    put: (store, name, key, value) => {
      // Any string: whoever arranges the keys of a test may want those in it that no request can name.
      if (typeof key !== 'string') throw new TypeError('key must be a string')
      const content = value instanceof Uint8Array ? text(value) : value
      if (content !== undefined && typeof content !== 'string') throw new TypeError('value must be a string or bytes')
      return this.#get(store, name).put(key, content)
    },
    has: (store, name, key) => this.#get(store, name).get(key) !== undefined,
    keys: (store, name) => this.#get(store, name).keys(),
    size: (store, name) => this.#get(store, name).size,
    versions: (store, name, key) =>
      this.#get(store, name)
        .versions(key)
        .map(({ id, value, lock }) => ({ versionId: id, deleteMarker: value === undefined, ...(lock && { lock }) })),
    lock: (store, name, key, lock) => {
      const container = this.#get(store, name)
      if (!container.isLockable) throw new Error(`${name} was not created with objectLock`)
      if (!LOCKS.includes(lock)) throw new TypeError(`lock must be one of ${LOCKS.join(', ')}`)
      if (!container.get(key)) throw new Error(`${name} has no ${JSON.stringify(key)} to lock`)
      container.lock(key, lock)
    },
  }

  #get(store: StoreName, name: string): Container {
    const container = this.find(store, name)
    if (!container) throw new Error(`${store} has no ${JSON.stringify(name)}: make it with state.create`)
    return container
  }
}
