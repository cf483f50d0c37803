import {
  BETWEEN_BYTES,
  formField,
  formList,
  LIST_BYTES,
  listMember,
  wholeFormKeys,
  wholeFormList,
} from '../bodies/form.js'
import { canonicalQuery, isWellFormed, utf8Length } from '../bytes.js'
import type { KeyValueProvider } from '../client.js'
import { type Endpoint, targetOf } from '../endpoint.js'
import type { Authorize } from '../engine/store.js'
import type { HttpRequest } from '../http.js'
import { type Entry, type Flaw, type KvKey, keyFlaw, keyOf, strayMember } from '../items.js'
import { ALONE, type Call, isWhole, type Operation, wholeStrings } from '../operation.js'
import { memberOf } from '../untrusted.js'
import { readBatch, readEcho, readSingle } from './edge-kv-answers.js'

/** In what the two key-value stores of Alibaba Cloud differ: names. */
export interface EdgeKvTraits {
  readonly name: string
  readonly endpoint: Endpoint
  readonly namespace: string
  readonly authorize: Authorize
  /** Of the API, as in `x-acs-version`. */
  readonly version: string
  readonly actions: { readonly deleteBatch: string; readonly putBatch: string; readonly put: string }
}

/** BatchDeleteKv. The number for puts is not documented: assumed to be the same, and lowered where the service says so. */
const MOST_ITEMS = 10_000
/** Documented as 2 MB without saying of what; kept for the encoded body, which is the longest reading. */
const MOST_BODY_BYTES = 2_000_000
const LONGEST_KEY_BYTES = 512
const LONGEST_VALUE_BYTES = 2_000_000
/** The year 10000, in seconds. */
const LONGEST_LIFE = 253_402_300_800

/** A provider that speaks Alibaba Cloud's RPC style: JSON in one form field, the namespace in the query. */
export function edgeKvProvider(traits: EdgeKvTraits): KeyValueProvider {
  const { name, authorize, endpoint } = traits
  // Preflights were seen to allow few headers, and not the signature's; assumed of all.
  const refusesPages = endpoint.signingHost === undefined
  return { name, authorize, refusesPages, deletes: deleteBatch(traits), puts: putBatch(traits) }
}

/** What a batch of deletions and one of puts have in common. */
function batchCall<Item extends KvKey | Entry>(
  traits: EdgeKvTraits,
  action: string,
  field: string,
  written: (item: Item) => string,
): Omit<Operation<Item, Record<never, never>>, 'write'> {
  return {
    name: action,
    maxItems: MOST_ITEMS,
    maxBytes: MOST_BODY_BYTES,
    envelopeBytes: field.length + LIST_BYTES,
    measure: memberBytes,
    interchangeable: () => true,
    encode: (items, _mode, texts = items.map(written)) => ({
      ...request(traits, action, []),
      body: isWhole(texts) ? texts.body : formList(field, texts),
    }),
    decode: (answer, items, _mode, whole) => readEcho(answer, whole) ?? readBatch(answer, items.map(keyOf)),
  }
}

const deleteBatch = (traits: EdgeKvTraits): Operation<KvKey, Record<never, never>> => ({
  ...batchCall(traits, traits.actions.deleteBatch, 'Keys', memberOfKey),
  write: (item) =>
    keyFlaw(item, LONGEST_KEY_BYTES) ??
    strayMember(item, ['versionId', 'eTag', 'lastModified', 'size'], traits.name) ??
    memberOfKey(item),
  whole: wholeStrings((keys, _mode, room) => wholeFormKeys('Keys', keys, LONGEST_KEY_BYTES, room)),
})

function putBatch(traits: EdgeKvTraits): Operation<Entry, Record<never, never>> {
  const call = batchCall(traits, traits.actions.putBatch, 'KvList', memberOfEntry)
  const mostBytes = MOST_BODY_BYTES - call.envelopeBytes
  return {
    ...call,
    write(entry, now) {
      const flaw = entryFlaw(entry, now)
      if (flaw) return flaw
      const text = memberOfEntry(entry)
      return memberBytes(text) > mostBytes ? ALONE : text
    },
    whole: {
      lengthOf: lengthOfEntry,
      write: (entries, _mode, room) =>
        wholeFormList(
          'KvList',
          entries,
          (entry) => (entryFlaw(entry, room.now) ? undefined : jsonOfEntry(entry)),
          room,
        ),
    },
    fallback: putOne(traits),
  }
}

/** For a value that fits no batch once it is encoded. */
function putOne(traits: EdgeKvTraits): Call<Entry, Record<never, never>> {
  const action = traits.actions.put
  return {
    name: action,
    encode([entry]) {
      const { key, value } = entry as Entry
      const life = Object.entries(lifeOf(entry as Entry)).map(([name, at]) => [name, String(at)] as const)
      return { ...request(traits, action, [['Key', key], ...life]), body: formField('Value', value) }
    },
    decode: readSingle,
  }
}

function request(
  { endpoint, namespace, version }: EdgeKvTraits,
  action: string,
  parameters: readonly (readonly [name: string, value: string])[],
): HttpRequest {
  const { base, host, pathPrefix } = targetOf(endpoint)
  return {
    method: 'POST',
    base,
    host,
    path: pathPrefix || '/',
    query: canonicalQuery([['Namespace', namespace], ...parameters]),
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': action,
      'x-acs-version': version,
    },
  }
}

const memberBytes = (text: string): number => text.length + BETWEEN_BYTES
const memberOfKey = (item: KvKey): string => listMember(keyOf(item))
const memberOfEntry = (entry: Entry): string => listMember(memberIn(entry))
const jsonOfEntry = (entry: Entry): string => JSON.stringify(memberIn(entry))
const memberIn = (entry: Entry) => ({ Key: entry.key, Value: entry.value, ...lifeOf(entry) })

function lengthOfEntry(entry: Entry): number | undefined {
  const key = memberOf(entry, 'key')
  const value = memberOf(entry, 'value')
  return typeof key === 'string' && typeof value === 'string' ? key.length + value.length : undefined
}

/** The time to live wins where both are given: beside it, a date that is past would be refused. */
function lifeOf({ expiration, expirationTtl }: Entry): { Expiration?: number; ExpirationTtl?: number } {
  const at = expiration instanceof Date ? Math.floor(expiration.getTime() / 1000) : expiration
  return {
    ...(at !== undefined && expirationTtl === undefined && { Expiration: at }),
    ...(expirationTtl !== undefined && { ExpirationTtl: expirationTtl }),
  }
}

function entryFlaw(entry: Entry, now: () => number): Flaw | undefined {
  if (typeof entry !== 'object' || entry === null) return invalidEntry('an entry must be { key, value }')
  const flaw = keyFlaw(entry, LONGEST_KEY_BYTES)
  if (flaw) return flaw
  const value = memberOf(entry, 'value')
  if (typeof value !== 'string') return invalidEntry('`value` must be a string')
  if (!isWellFormed(value)) return invalidEntry('`value` holds half a surrogate pair, which has no UTF-8 form')
  if (value.length * 3 > LONGEST_VALUE_BYTES && utf8Length(value) > LONGEST_VALUE_BYTES)
    return invalidEntry(`\`value\` has more than ${LONGEST_VALUE_BYTES} bytes of UTF-8`)
  const { Expiration: at, ExpirationTtl: ttl } = lifeOf(entry)
  if (at !== undefined && !Number.isSafeInteger(at))
    return invalidEntry('`expiration` must be a valid Date, or whole seconds since 1970')
  if (ttl !== undefined && !(Number.isSafeInteger(ttl) && ttl > 0))
    return invalidEntry('`expirationTtl` must be a whole number of seconds, 1 or more')
  if (at !== undefined && at >= LONGEST_LIFE)
    return invalidEntry('`expiration` is beyond the year 9999: it must be in seconds, not milliseconds')
  if (at !== undefined && at * 1000 < now()) return invalidEntry('`expiration` is in the past')
  return undefined
}

const invalidEntry = (message: string): Flaw => ({ code: 'InvalidEntry', message })
