import { utf8, utf8Length } from '../bytes.js'
import type { Bytes } from '../http.js'
import { orderOf } from './version-ids.js'

/** What keeps a version from being deleted. */
export type Lock = 'GOVERNANCE' | 'COMPLIANCE' | 'HOLD'

/** How a bucket treats what is overwritten or deleted. */
export type Versioning = 'off' | 'Enabled' | 'Suspended'

/** One version of a key, the newest holding the older ones. */
export interface Version {
  /** `null` where the bucket kept no versions at the time. */
  readonly id: string
  /** Undefined in a delete marker. */
  readonly value: string | Bytes | undefined
  /** Milliseconds since 1970. */
  readonly modified: number
  readonly expires?: number | undefined
  /** What was said of the value when it was put, to be said again. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly lock?: Lock | undefined
  readonly older?: Version | undefined
}

/** An entry of the list of all versions: one of them, or what several keys have in common up to a delimiter. */
export interface ListedVersion {
  readonly name: string
  /** Absent where the name is of several keys. */
  readonly version?: Version
  readonly isLatest: boolean
}

/** What became of a deletion. */
export type Removal =
  /** Nothing is left; or nothing was there. */
  | { readonly kind: 'gone' }
  /** A delete marker was put on top. */
  | { readonly kind: 'marked'; readonly marker: string }
  /** That version is gone; it may have been a marker itself. */
  | { readonly kind: 'removed'; readonly wasMarker: boolean }
  | { readonly kind: 'no-version' }
  | { readonly kind: 'locked' }

const GONE: Removal = { kind: 'gone' }

/** A bucket or a namespace. A key without a value takes about a hundred bytes: those of one moment share one version. */
export class Container {
  readonly #keys = new Map<string, Version>()
  #blank: Version = { id: 'null', value: '', modified: Number.NaN }
  #sorted: string[] | undefined
  /** Whether every key in the map is there for a reader, without markers and expiries. */
  #plain = true
  /** Whether versions can be locked, which once true stays so. */
  isLockable = false

  constructor(
    public versioning: Versioning,
    readonly clock: () => number,
    readonly newId: () => string,
  ) {}

  /** Writes a value and gives the version's id. */
  put(key: string, value?: string | Bytes, rest: Pick<Version, 'expires' | 'headers'> = {}): string {
    const present = this.#keys.get(key)
    if (present === undefined) this.#sorted = undefined
    if (rest.expires !== undefined) this.#plain = false
    const older = this.#underneath(present)
    const id = this.versioning === 'Enabled' ? this.newId() : 'null'
    const modified = this.clock()
    const isBlank = value === undefined && id === 'null' && older === undefined
    this.#keys.set(key, isBlank ? this.#blankOf(modified) : { id, value: value ?? '', modified, ...rest, older })
    return id
  }

  /** The newest version, unless that is a delete marker or has expired. */
  get(key: string): Version | undefined {
    const version = this.#keys.get(key)
    return version && this.#isLive(version) ? version : undefined
  }

  /** A version by its id, or the newest; markers included. */
  version(key: string, id?: string): Version | undefined {
    let version = this.#keys.get(key)
    while (version && id !== undefined && version.id !== id) version = version.older
    return version
  }

  /** The versions of a key, the newest first. */
  versions(key: string): Version[] {
    const versions: Version[] = []
    for (let version = this.#keys.get(key); version; version = version.older) versions.push(version)
    return versions
  }

  /** Deletes a key, or one version of it for good. */
  remove(key: string, id?: string, bypassesGovernance = false): Removal {
    if (id !== undefined) return this.#removeVersion(key, id, bypassesGovernance)
    if (this.versioning === 'off') {
      this.#keys.delete(key)
      return GONE
    }
    const present = this.#keys.get(key)
    if (present === undefined) this.#sorted = undefined
    this.#plain = false
    const marker = this.versioning === 'Enabled' ? this.newId() : 'null'
    const older = this.#underneath(present)
    this.#keys.set(key, { id: marker, value: undefined, modified: this.clock(), older })
    return { kind: 'marked', marker }
  }

  /** Locks the newest version of a key. */
  lock(key: string, lock: Lock): void {
    const version = this.get(key)
    if (version) this.#keys.set(key, { ...version, lock })
  }

  get size(): number {
    if (this.#plain) return this.#keys.size
    let size = 0
    for (const version of this.#keys.values()) if (this.#isLive(version)) size++
    return size
  }

  /** In the order they came. */
  keys(): string[] {
    const keys: string[] = []
    for (const [key, version] of this.#keys) if (this.#isLive(version)) keys.push(key)
    return keys
  }

  /**
   * Up to `count` keys that begin with `prefix` and come behind `after`, in the order of their UTF-8 bytes. Those in which
   * a delimiter follows the prefix are named together, by what they have in common up to that delimiter.
   */
  list(prefix: string, after: string, count: number, delimiter = ''): string[] {
    const listed: string[] = []
    for (const name of this.#names(prefix, after, delimiter, (key) => this.get(key) !== undefined)) {
      if (listed.length >= count) break
      listed.push(name)
    }
    return listed
  }

  /** The same of versions, delete markers included, the newest of a key first. They come behind `afterId` of the key `after`, if given. */
  listVersions(
    prefix: string,
    after: string,
    afterId: string | undefined,
    count: number,
    delimiter = '',
  ): ListedVersion[] {
    const listed: ListedVersion[] = []
    const take = (key: string, from: Version | undefined) => {
      const newest = this.#keys.get(key)
      for (let version = from; version && listed.length < count; version = version.older)
        listed.push({ name: key, version, isLatest: version === newest })
    }
    if (afterId !== undefined && after.startsWith(prefix) && groupOf(after, prefix, delimiter) === undefined)
      take(after, behind(this.#keys.get(after), afterId))
    for (const name of this.#names(prefix, after, delimiter, (key) => this.#keys.has(key))) {
      if (listed.length >= count) break
      if (groupOf(name, prefix, delimiter) === undefined) take(name, this.#keys.get(name))
      else listed.push({ name, isLatest: false })
    }
    return listed
  }

  /** What a list names: keys that are there for its reader, and groups of such. */
  *#names(prefix: string, after: string, delimiter: string, isThere: (key: string) => boolean): Generator<string> {
    this.#sorted ??= inByteOrder([...this.#keys.keys()])
    const sorted = this.#sorted
    const isBehind = (key: string) => compareBytes(key, after) > 0 && compareBytes(key, prefix) >= 0
    let index = first(sorted, 0, isBehind)
    while (index < sorted.length) {
      const key = sorted[index++] as string
      if (!key.startsWith(prefix)) break
      if (!isThere(key)) continue
      const group = groupOf(key, prefix, delimiter)
      if (group !== undefined) index = first(sorted, index, (other) => !other.startsWith(group))
      if (group !== after) yield group ?? key
    }
  }

  #blankOf(modified: number): Version {
    if (this.#blank.modified !== modified) this.#blank = { ...this.#blank, modified }
    return this.#blank
  }

  #removeVersion(key: string, id: string, bypassesGovernance: boolean): Removal {
    const version = this.version(key, id)
    if (!version) return { kind: 'no-version' }
    if (version.lock && !(version.lock === 'GOVERNANCE' && bypassesGovernance)) return { kind: 'locked' }
    const rest = without(this.#keys.get(key), id)
    if (rest) this.#keys.set(key, rest)
    else this.#keys.delete(key)
    return { kind: 'removed', wasMarker: version.value === undefined }
  }

  /** What stays below a new version: all of them, or all but the one without an id, or nothing. */
  #underneath(present: Version | undefined): Version | undefined {
    if (this.versioning === 'off') return undefined
    return this.versioning === 'Enabled' ? present : without(present, 'null')
  }

  #isLive(version: Version): boolean {
    return version.value !== undefined && (version.expires === undefined || version.expires > this.clock())
  }
}

/** The value's bytes. */
export const bytesOf = (version: Version): Bytes =>
  typeof version.value === 'string' ? utf8(version.value) : (version.value ?? new Uint8Array())

/** How many bytes the value takes. */
export const sizeOf = (version: Version): number =>
  typeof version.value === 'string' ? utf8Length(version.value) : (version.value?.length ?? 0)

/** The chain without one of its versions. */
function without(newest: Version | undefined, id: string): Version | undefined {
  const above: Version[] = []
  let version = newest
  for (; version && version.id !== id; version = version.older) above.push(version)
  if (!version) return newest
  return above.reduceRight<Version | undefined>((older, next) => ({ ...next, older }), version.older)
}

/**
 * The version that follows the one with an id, which may be gone meanwhile. Where nothing tells whether a version `null` follows it,
 * it does: rather listed twice than never.
 */
function behind(newest: Version | undefined, id: string): Version | undefined {
  for (let version = newest; version; version = version.older) if (version.id === id) return version.older
  const order = orderOf(id)
  let next = newest
  for (let version = newest; version; version = version.older) if (orderOf(version.id) > order) next = version.older
  return next
}

/** JavaScript orders by UTF-16 units, which puts what lies beyond U+FFFF before U+E000. */
function inByteOrder(keys: string[]): string[] {
  keys.sort()
  return keys.some((key) => /[\ud800-\uffff]/.test(key)) ? keys.sort(compareBytes) : keys
}

/** Compares by code point, which is the order of the UTF-8 bytes. */
function compareBytes(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const [unit, counterpart] = [one.charCodeAt(index), other.charCodeAt(index)]
    if (unit === counterpart) continue
    const [astral, isAstral] = [isSurrogate(unit), isSurrogate(counterpart)]
    return astral === isAstral ? unit - counterpart : astral ? 1 : -1
  }
  return one.length - other.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000

/** The beginning of a key up to the first delimiter behind a prefix, if there is one. */
export function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

/** The index, from `start`, of the first key that is as wanted, as all behind it are. */
function first(sorted: readonly string[], start: number, isWanted: (key: string) => boolean): number {
  let [low, high] = [start, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isWanted(sorted[middle] as string)) high = middle
    else low = middle + 1
  }
  return low
}
