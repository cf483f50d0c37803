import type { DeletedEntry, DeleteResult, ErrorEntry, ServiceError } from '../bodies/delete-answer.js'
import { readDeleteResult } from '../bodies/delete-result.js'
import { isPlainEcho } from '../bodies/plain-result.js'
import type { Awaitable, HttpAnswer } from '../http.js'
import { type ConditionalKey, versionOf } from '../items.js'
import type { ItemFailure, ItemOutcome, Outcomes, Refusal } from '../operation.js'
import type { DeletedKey } from '../report.js'
import { placesOf } from './places.js'
import {
  BROKE_DOWN,
  refusalOf,
  remediesByCode,
  remedyForStatus,
  UNREPORTED,
  UNSPECIFIED,
  unreadable,
  withAdvice,
} from './refusals.js'

export type DeletedDetail = Omit<DeletedKey, 'key'>

/** Error codes of the S3 API whose remedy their status does not tell. */
const REMEDIES = remediesByCode([
  ['slow', 'SlowDown ServiceUnavailable Throttling ThrottlingException RequestLimitExceeded TooManyRequests'],
  ['retry', 'InternalError RequestTimeout OperationAborted BadDigest'],
  ['reclock', 'RequestTimeTooSkewed RequestExpired RequestInTheFuture SignatureDoesNotMatch'],
  ['renew', 'ExpiredToken TokenRefreshRequired'],
  // The last is what Ceph answers to a body over its limit.
  ['fewer-bytes', 'MaxMessageLengthExceeded EntityTooLarge InvalidRange'],
  ['halt', 'AuthorizationHeaderMalformed IllegalLocationConstraintException InvalidBucketName InvalidDigest'],
  ['halt', 'MissingContentMD5 InvalidToken'],
])

/** What helps against a refusal, for the message of the error. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['SignatureDoesNotMatch', 'check secretAccessKey, and signingHost if the endpoint is a proxy'],
  ['InvalidAccessKeyId', 'check accessKeyId'],
  ['NoSuchBucket', 'check bucket, endpoint and addressing'],
  ['AccessDenied', 'check that the credentials may delete from this bucket'],
  ['RequestTimeTooSkewed', 'check the clock of this machine'],
  ['MissingContentMD5', "set integrity to 'md5'"],
])

/** Reads an answer that is no success: its error document, or what its status tells. */
export async function readRefusal(answer: HttpAnswer): Promise<Refusal> {
  const document = await readDeleteResult(answer.body)
  const error: ServiceError = document.kind === 'error' ? document : {}
  const { code = '', message = '', region = answer.header('x-amz-bucket-region'), serverTime } = error
  const advice = region && answer.status !== 403 ? `the bucket is in region ${region}` : ADVICE.get(code)
  const time = serverTime === undefined ? undefined : new Date(serverTime)
  return refusalOf(
    answer,
    {
      code,
      message: withAdvice(message, advice),
      requestId: error.requestId ?? answer.header('x-amz-request-id'),
      serverTime: time && !Number.isNaN(time.getTime()) ? time : undefined,
    },
    REMEDIES.get(code) ?? remedyForStatus(answer.status === 200 ? 500 : answer.status === 416 ? 413 : answer.status),
  )
}

/** Reads the answer of DeleteObjects. A 200 alone says nothing: only what a whole `DeleteResult` lists is known. */
export function readDeleted(
  answer: HttpAnswer,
  items: readonly ConditionalKey[],
  expected: Expected,
): Awaitable<Outcomes<DeletedDetail> | Refusal> {
  if (answer.status !== 200) return readRefusal(answer)
  if (expected.isWhole && isPlainEcho(answer.body, items))
    return { kind: 'outcomes', requestId: answer.header('x-amz-request-id') }
  return readListed(answer, items, expected)
}

interface Expected {
  readonly quiet: boolean
  /** Whether the request was written in one go: no key or version holds a `<`, and all or none have versions. */
  readonly isWhole: boolean
  /** Whether the provider documents an empty body as a quiet success. */
  readonly emptyIsSuccess: boolean
}

async function readListed(
  answer: HttpAnswer,
  items: readonly ConditionalKey[],
  { quiet, emptyIsSuccess }: Expected,
): Promise<Outcomes<DeletedDetail> | Refusal> {
  const requestId = answer.header('x-amz-request-id')
  const document = await readDeleteResult(answer.body)
  if (document.kind === 'error') return readRefusal(answer)
  if (document.kind === 'malformed')
    return unreadable(answer.status, `the answer is no DeleteResult: ${document.reason}`, requestId)
  if (document.kind === 'result') return { kind: 'outcomes', requestId, ...matched(document, items, quiet) }
  if (quiet && emptyIsSuccess) return { kind: 'outcomes', requestId }
  return unreadable(answer.status, 'the answer is empty', requestId)
}

/** Puts the entries of an answer, which come in any order, to the items of its request. */
function matched(
  { deleted, errors, holdsMore = false }: DeleteResult,
  items: readonly ConditionalKey[],
  quiet: boolean,
): { outcomes?: ItemOutcome<DeletedDetail>[] } {
  if (errors.length === 0 && isEcho(deleted, items)) return {}
  if (errors.length === 0 && deleted.length === 0 && quiet && !holdsMore) return {}
  const placeOf = placesOf(items)
  const outcomes: (ItemOutcome<DeletedDetail> | undefined)[] = new Array(items.length)
  let keyless: ErrorEntry | undefined
  let stray = holdsMore
  for (const entry of deleted) {
    const place = placeOf(entry.key, entry.versionId)
    if (place !== undefined) outcomes[place] = { done: detailOf(entry, versionOf(items[place])) }
  }
  // Failures last, so that they win: a key that is listed both ways is not known to be deleted.
  for (const entry of errors) {
    const place = placeOf(entry.key, entry.versionId)
    const before = place === undefined ? undefined : outcomes[place]
    if (!entry.key) keyless = entry
    else if (place === undefined || (before && !('done' in before))) stray = true
    else outcomes[place] = failureOf(entry, before !== undefined)
  }
  // Silence is consent only where everything that is listed could be put to its key.
  const rest: ItemOutcome<DeletedDetail> = keyless
    ? failureOf(keyless, true)
    : quiet && !stray
      ? { done: undefined }
      : UNREPORTED
  return { outcomes: Array.from(outcomes, (outcome) => outcome ?? rest) }
}

/** Whether the answer lists just what was asked, in that order, and says nothing more: nearly every answer does. */
function isEcho(deleted: readonly DeletedEntry[], items: readonly ConditionalKey[]): boolean {
  if (deleted.length !== items.length) return false
  for (let index = 0; index < items.length; index++) {
    const entry = deleted[index] as DeletedEntry
    if (entry.key !== items[index] || detailOf(entry, undefined)) return false
  }
  return true
}

function detailOf(entry: DeletedEntry, named: string | undefined): DeletedDetail | undefined {
  const { versionId, deleteMarker, deleteMarkerVersionId } = entry
  // Some stores give every object of an unversioned bucket the version `null`.
  const given = versionId !== named && versionId !== 'null' ? versionId : undefined
  if (given === undefined && deleteMarker === undefined && deleteMarkerVersionId === undefined) return undefined
  return {
    ...(given !== undefined && { versionId: given }),
    ...(deleteMarker !== undefined && { deleteMarker }),
    ...(deleteMarkerVersionId !== undefined && { deleteMarkerVersionId }),
  }
}

function failureOf({ code, message }: ErrorEntry, unsure: boolean): ItemFailure {
  if (!code) return { ...UNSPECIFIED, ...(message && { message }), unsure }
  const remedy = REMEDIES.get(code)
  return {
    code,
    message: message || code,
    retryable: remedy === 'retry' || remedy === 'slow',
    unsure: unsure || BROKE_DOWN.test(code),
    throttled: remedy === 'slow',
  }
}
