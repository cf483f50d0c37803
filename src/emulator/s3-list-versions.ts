import { type Container, type ListedVersion, sizeOf } from './container.js'
import type { Call } from './exchange.js'
import { messageOf, NAMESPACE, xmlAnswer, xmlElements } from './s3-answers.js'
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
import { orderOf } from './version-ids.js'

/** `ListObjectVersions`. */
export function listObjectVersions(bucket: string, query: Query, container: Container): Call {
  allowOnly(query, 'versions', 'key-marker', 'version-id-marker', ...LIST_PARAMETERS)
  const [keyMarker, versionIdMarker] = [query.get('key-marker') ?? '', versionIdMarkerOf(query)]
  const listing = readListing(query)
  const { prefix, delimiter, most, encode } = listing
  return {
    items: 1,
    run() {
      const found = container.listVersions(prefix, keyMarker, versionIdMarker, most + 1, delimiter)
      const page = found.slice(0, most)
      const last = found.length > most ? page.at(-1) : undefined
      const members = {
        ...listingMembers(bucket, listing),
        KeyMarker: encode(keyMarker),
        VersionIdMarker: versionIdMarker ?? '',
        NextKeyMarker: last && encode(last.name),
        // There is none behind what stands for several keys.
        NextVersionIdMarker: last?.version?.id,
        IsTruncated: last !== undefined,
      }
      const content = xmlElements(members) + page.map((entry) => element(entry, encode(entry.name))).join('')
      return xmlAnswer(200, `<ListVersionsResult xmlns="${NAMESPACE}">${content}</ListVersionsResult>`)
    },
  }
}

function element({ version, isLatest }: ListedVersion, encoded: string): string {
  if (!version) return commonPrefix(encoded)
  const LastModified = listedTime(version.modified)
  const members = { Key: encoded, VersionId: version.id, IsLatest: isLatest, LastModified }
  if (version.value === undefined) return `<DeleteMarker>${xmlElements(members)}${OWNER}</DeleteMarker>`
  const content = { ETag: eTagOf(version), Size: sizeOf(version), StorageClass: 'STANDARD' }
  return `<Version>${xmlElements({ ...members, ...content })}${OWNER}</Version>`
}

/** The version behind which a page begins, with a key for a beginning only. */
function versionIdMarkerOf(query: Query): string | undefined {
  const marker = query.get('version-id-marker')
  if (marker === undefined) return undefined
  const refuse = (message: string) => invalidArgument(message, 'version-id-marker', marker)
  if (!query.get('key-marker')) throw refuse('A version-id marker cannot be specified without a key marker.')
  if (marker === '') throw refuse('A version-id marker cannot be empty.')
  if (marker !== 'null' && Number.isNaN(orderOf(marker))) throw refuse(messageOf('InvalidArgument'))
  return marker
}
