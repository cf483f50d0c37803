import { isWellFormed, utf8Length } from './bytes.js'
import { describe, memberOf } from './untrusted.js'

/**
 * Any list of items, of any length; it is pulled only as fast as requests settle. Objects are copied when they are pulled, so
 * what becomes of them later does not matter. A string is no list: write `[key]`.
 */
export type Source<Item> = ReadableStream<Item> | AsyncIterable<Item> | (Iterable<Item> & object)

/** Members that a store would not look at: it would delete the key all the same, so they are refused. */
type Without<Member extends string> = { readonly [Name in Member]?: never }

/** A key of a key-value store. */
export type KvKey =
  | string
  | ({ readonly key: string } & Without<'versionId' | 'VersionId' | 'eTag' | 'lastModified' | 'size'>)

/** A key of an object store, with the version to remove where one is meant; `null` in quotes is a real version id. */
export type ObjectKey =
  | string
  | ({ readonly key: string; readonly versionId?: string } & Without<'VersionId' | 'eTag' | 'lastModified' | 'size'>)

/** An object to delete only if it is still the one described. */
export type ConditionalKey =
  | string
  | ({
      readonly key: string
      readonly versionId?: string
      /** With its quotes, as the store gave it. */
      readonly eTag?: string
      readonly lastModified?: Date
      /** Bytes. */
      readonly size?: number
    } & Without<'VersionId'>)

/** A pair to write. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** When the store drops it: a date, or whole seconds since 1970; before the year 10000. */
  readonly expiration?: Date | number | undefined
  /** How long the store keeps it, in whole seconds; wins over `expiration`. */
  readonly expirationTtl?: number | undefined
}

/** Why an item cannot be sent at all. */
export interface Flaw {
  readonly code: 'InvalidKey' | 'InvalidEntry'
  readonly message: string
}

/** Enough to tell what was passed for a key, which may be a whole file. */
const LONGEST_DESCRIPTION = 100

/** The key of an item, whatever was passed as one; what is no key is described as text. */
export function keyOf(item: unknown): string {
  if (typeof item === 'string') return item
  try {
    const key = (item as { key?: unknown } | null | undefined)?.key
    return typeof key === 'string' ? key : String(key ?? item).slice(0, LONGEST_DESCRIPTION)
  } catch {
    return typeof item
  }
}

/** The version an item names, if any; an empty one names none. */
export function versionOf(item: unknown): string | undefined {
  const version = typeof item === 'string' ? undefined : memberOf(item, 'versionId')
  return typeof version === 'string' && version !== '' ? version : undefined
}

/** Tells items apart within a request: the key; with a version, what begins with half a surrogate pair, as no valid key does. */
export function identityOf(item: unknown): string {
  if (typeof item === 'string') return item
  const version = versionOf(item)
  return version === undefined ? keyOf(item) : `\ud800${version.length}:${version}${keyOf(item)}`
}

/** Why a key cannot be sent to a store that takes keys of 1 to `maxBytes` bytes of UTF-8; undefined when it can. */
export function keyFlaw(item: unknown, maxBytes: number): Flaw | undefined {
  const key = typeof item === 'string' ? item : memberOf(item, 'key')
  if (typeof key !== 'string') return invalidKey(`a key must be a string or { key: string }, not ${describeKey(item)}`)
  if (memberOf(item, 'VersionId') !== undefined) return invalidKey('a version is named by `versionId`, not `VersionId`')
  if (key === '') return invalidKey('the key is empty')
  if (key.length * 3 > maxBytes && utf8Length(key) > maxBytes)
    return invalidKey(`the key has ${utf8Length(key)} bytes of UTF-8, more than the ${maxBytes} the store allows`)
  if (!isWellFormed(key)) return invalidKey('the key holds half a surrogate pair, which has no UTF-8 form')
  return undefined
}

const describeKey = (item: unknown) =>
  describe(item) === 'an object' ? `{ key: ${describe(memberOf(item, 'key'))} }` : describe(item)

/**
 * A flaw where an item carries a member that this store would silently ignore.
 *
 * @param option The option for stores that do not, if there is one.
 */
export function strayMember(
  item: unknown,
  members: readonly string[],
  store: string,
  option?: string,
): Flaw | undefined {
  if (typeof item === 'string') return undefined
  const stray = members.find((name) => memberOf(item, name) !== undefined)
  if (stray === undefined) return undefined
  const advice = option ? `set ${option} if the store does` : 'leave it out'
  return invalidKey(`${store} is not known to look at \`${stray}\` before it deletes the key; ${advice}`)
}

/** Longest text beside the key: more than any store gives, and less than a request takes, however it is escaped. */
export const LONGEST_TEXT = 65_536

/** A flaw of a text beside the key, if it is there. */
export function textFlaw(name: string, value: unknown): Flaw | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT && isWellFormed(value)) return undefined
  return invalidKey(`\`${name}\` must be a string of 1 to ${LONGEST_TEXT} characters`)
}

export const invalidKey = (message: string): Flaw => ({ code: 'InvalidKey', message })

/** What is read of a key that is no string, and of an entry. */
export const KEY_MEMBERS = ['key', 'versionId', 'VersionId', 'eTag', 'lastModified', 'size'] as const
export const ENTRY_MEMBERS = ['key', 'value', 'expiration', 'expirationTtl'] as const

/** The item as it is now, whatever its owner makes of it later; what has no key is left as it is. */
export function copyOf<Item>(item: Item, members: readonly string[]): Item {
  if (typeof item !== 'object' || item === null) return item
  const copy: Record<string, unknown> = {}
  for (const name of members) {
    const value = memberOf(item, name)
    if (value !== undefined) copy[name] = dateOf(value) ?? value
  }
  return typeof copy.key === 'string' ? (copy as Item) : item
}

/** A date like this one, if it is one: dates can be changed, too. */
function dateOf(value: unknown): Date | undefined {
  try {
    return value instanceof Date ? new Date(value) : undefined
  } catch {
    return undefined
  }
}
