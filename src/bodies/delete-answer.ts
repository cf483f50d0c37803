/** What the body of a DeleteObjects answer says, or that of an error of the whole request. */
export type DeleteAnswer =
  | DeleteResult
  /** No body: all is well if Quiet was asked for (Yandex, Alibaba OSS), else nothing is known. */
  | { readonly kind: 'empty' }
  | ({ readonly kind: 'error' } & ServiceError)
  | { readonly kind: 'malformed'; readonly reason: string }

/** Entries in document order, which need not be the order of the request. */
export interface DeleteResult {
  readonly kind: 'result'
  readonly deleted: readonly DeletedEntry[]
  readonly errors: readonly ErrorEntry[]
  /** Whether it holds text, or entries of a kind that is not known: then silence about a key means nothing. */
  readonly holdsMore?: boolean
}

export interface DeletedEntry {
  /** As the store wrote it, never trimmed; undefined where there was none (MinIO answers a duplicate so). */
  readonly key: string | undefined
  readonly versionId?: string
  readonly deleteMarker?: boolean
  readonly deleteMarkerVersionId?: string
}

export interface ErrorEntry {
  readonly key: string | undefined
  readonly versionId?: string
  readonly code?: string
  readonly message?: string
}

/** An `Error` document; what is absent or empty there is undefined here. */
export interface ServiceError {
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly requestId?: string | undefined
  readonly region?: string | undefined
  readonly serverTime?: string | undefined
}

/** The texts of an entry's elements, decoded, in the order of its field names. */
export type Texts = readonly (string | undefined)[]

export const DELETED_FIELDS = ['Key', 'VersionId', 'DeleteMarker', 'DeleteMarkerVersionId'] as const
export const ERROR_FIELDS = ['Key', 'VersionId', 'Code', 'Message'] as const

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

/** A `Deleted` element. Ceph writes an empty `VersionId` where it means none, Ncloud a tab before the id. */
export function deletedEntry(texts: Texts): DeletedEntry {
  // By index: taking the array apart by a pattern would double the cost of reading an answer.
  const entry: Mutable<DeletedEntry> = { key: texts[0] }
  const version = texts[1]?.trim()
  const marker = texts[2]?.trim()
  const markerVersion = texts[3]?.trim()
  if (version) entry.versionId = version
  if (marker) entry.deleteMarker = marker.toLowerCase() === 'true'
  if (markerVersion) entry.deleteMarkerVersionId = markerVersion
  return entry
}

/** An `Error` element inside `DeleteResult`. */
export function errorEntry(texts: Texts): ErrorEntry {
  const entry: Mutable<ErrorEntry> = { key: texts[0] }
  const version = texts[1]?.trim()
  const code = texts[2]?.trim()
  const message = texts[3]?.trim()
  if (version) entry.versionId = version
  if (code !== undefined) entry.code = code
  if (message !== undefined) entry.message = message
  return entry
}
