import { type Container, groupOf, sizeOf, type Version } from './container.js'
import type { Call } from './exchange.js'
import { orRefuse } from './raw.js'
import { NAMESPACE, notImplemented, xmlAnswer, xmlElements } from './s3-answers.js'
import { eTagOf } from './s3-conditions.js'
import {
  commonPrefix,
  invalidArgument,
  LIST_PARAMETERS,
  listedTime,
  listingMembers,
  OWNER,
  readListing,
} from './s3-listing.js'
import { allowOnly, type Query } from './s3-query.js'

/** The keys of a page, and how a version of the call says where it is in the list. */
interface Page {
  readonly names: readonly string[]
  readonly isTruncated: boolean
  readonly encode: (text: string) => string
}

/** ListObjectsV2, and ListObjects, the first version. */
export function listObjects(bucket: string, query: Query, container: Container): Call {
  const version = query.get('list-type')
  if (version !== undefined && version !== '2') throw notImplemented(`list-type=${version}`)
  const isSecond = version === '2'
  allowOnly(
    query,
    ...LIST_PARAMETERS,
    ...(isSecond ? ['list-type', 'start-after', 'continuation-token', 'fetch-owner'] : ['marker']),
  )
  // The first version tells of owners unasked.
  const owner = isSecond && query.get('fetch-owner') !== 'true' ? '' : OWNER
  const listing = readListing(query)
  const { prefix, delimiter, most, encode } = listing
  const after = isSecond ? startOf(query) : (query.get('marker') ?? '')
  return {
    items: 1,
    run() {
      const found = container.list(prefix, after, most + 1, delimiter)
      const page: Page = { names: found.slice(0, most), isTruncated: most > 0 && found.length > most, encode }
      const shared = { ...listingMembers(bucket, listing), IsTruncated: page.isTruncated }
      const place = isSecond ? placeOf(page, query) : markersOf(page, query)
      const entries = page.names.map((name) =>
        groupOf(name, prefix, delimiter) === undefined
          ? contents(name, encode(name), owner, container)
          : commonPrefix(encode(name)),
      )
      const content = xmlElements({ ...shared, ...place }) + entries.join('')
      return xmlAnswer(200, `<ListBucketResult xmlns="${NAMESPACE}">${content}</ListBucketResult>`)
    },
  }
}

/** In the second version a page is continued by a token. */
function placeOf({ names, isTruncated, encode }: Page, query: Query) {
  const startAfter = query.get('start-after')
  return {
    StartAfter: startAfter && encode(startAfter),
    KeyCount: names.length,
    ContinuationToken: query.get('continuation-token'),
    NextContinuationToken: isTruncated ? writeToken(names.at(-1) as string) : undefined,
  }
}

/** In the first version the last key of a page continues it, which is only named where it may be none. */
function markersOf({ names, isTruncated, encode }: Page, query: Query) {
  return {
    Marker: encode(query.get('marker') ?? ''),
    NextMarker: isTruncated && query.get('delimiter') ? encode(names.at(-1) as string) : undefined,
  }
}

function contents(key: string, encoded: string, owner: string, container: Container): string {
  const version = container.get(key) as Version
  return `<Contents>${xmlElements({
    Key: encoded,
    LastModified: listedTime(version.modified),
    ETag: eTagOf(version),
    Size: sizeOf(version),
    StorageClass: 'STANDARD',
  })}${owner}</Contents>`
}

/** What a page comes behind. */
function startOf(query: Query): string {
  const token = query.get('continuation-token')
  return token === undefined ? (query.get('start-after') ?? '') : readToken(token)
}

/** Tells a token from anything else in base64. */
const MARK = 'after:'

/** Opaque, with the characters that clients forget to encode. */
const writeToken = (name: string): string => btoa(MARK + encodeURIComponent(name))

function readToken(token: string): string {
  const refusal = invalidArgument('The continuation token provided is incorrect', 'continuation-token', token)
  const text = orRefuse(() => decodeURIComponent(atob(token)), refusal)
  if (!text.startsWith(MARK)) throw refusal
  return text.slice(MARK.length)
}
