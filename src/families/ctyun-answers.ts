import { isSame } from '#runtime'
import { type JsonObject, objectsOf, readJson, stringOf } from '../bodies/json.js'
import { strictText, text, utf8 } from '../bytes.js'
import type { HttpAnswer } from '../http.js'
import { keyOf, type ObjectKey } from '../items.js'
import type { ItemFailure, ItemOutcome, Outcomes, Refusal, Remedy } from '../operation.js'
import { placesOf } from './places.js'
import { BROKE_DOWN, refusalOf, remedyForStatus, UNREPORTED, UNSPECIFIED, unreadable } from './refusals.js'
import type { DeletedDetail } from './s3-answers.js'

/** Names of the store's S3 side that stand in codes and messages, and mean that it may work later. */
const PASSING = /InternalError|RequestTimeout|SlowDown|ServiceUnavailable|OperationAborted/
const THROTTLING = /SlowDown|ServiceUnavailable/
/** What every request would meet. The table of codes is not public: read from samples, so assumed. */
const LASTING =
  /NoSuchBucket|bucket\.?not|InvalidBucketName|UserSuspended|InvalidAccessKey|accessFailed|AccessDenied|permission|region/i

/** What a request asked for, beside its items. */
export interface Asked {
  readonly quiet: boolean
  readonly bucket: string
}

/**
 * Reads the answer of `delete-objects`. The envelope's `statusCode` decides, whatever the HTTP status, but 800 is believed
 * only with a 2xx.
 */
export function readDeletedObjects(
  answer: HttpAnswer,
  items: readonly ObjectKey[],
  { quiet, bucket }: Asked,
): Outcomes<DeletedDetail> | Refusal {
  const { status } = answer
  const read = readJson(answer.body)
  const isSuccess = status >= 200 && status < 300
  const envelope: JsonObject = read.kind === 'object' ? read.value : {}
  const given = envelope.statusCode
  const failure = {
    code: stringOf(envelope.errorCode) || stringOf(envelope.error),
    message: stringOf(envelope.message) || stringOf(envelope.description),
    requestId: stringOf(envelope.requestId),
  }
  if (typeof given !== 'string' && typeof given !== 'number') {
    if (!isSuccess) return refusalOf(answer, failure, remedyForStatus(status))
    return unreadable(status, 'the answer is no envelope with a statusCode')
  }
  const statusCode = String(given)
  if (statusCode === '800')
    return isSuccess
      ? readObjects(answer, envelope, items, quiet)
      : unreadable(status, 'the answer says it is a success')
  const isGateway = statusCode.startsWith('CTAPI_') || (envelope.eopErrCode ?? null) !== null
  const refusal = refusalOf(
    answer,
    { ...failure, code: failure.code || statusCode },
    isGateway ? gatewayRemedy(status) : failureRemedy(envelope, [bucket, ...items.map(keyOf)], status),
  )
  // What a failed envelope lists all the same is known; the rest of the request is not.
  const partial = isSuccess && !isGateway ? listedIn(envelope) : undefined
  if (!partial || isEmpty(partial)) return refusal
  const { code, message } = refusal
  return matched(partial, items, { code, message, retryable: true, unsure: true }, refusal.requestId)
}

/** Credentials, signature, routing: lasting, unless the status says otherwise or the clock was wrong. */
const gatewayRemedy = (status: number): Remedy =>
  status === 408 || status === 429 || status >= 500 ? remedyForStatus(status) : 'reclock'

function failureRemedy({ errorCode, error, message }: JsonObject, names: readonly string[], status: number): Remedy {
  if (status !== 200 && ['slow', 'retry'].includes(remedyForStatus(status))) return remedyForStatus(status)
  let said = stringOf(message) ?? ''
  // A key or bucket that it names is no cause, whatever it is called.
  for (const name of names) if (PASSING.test(name) || LASTING.test(name)) said = said.replaceAll(name, '')
  const text = [stringOf(errorCode), stringOf(error), said].join(' ')
  if (PASSING.test(text)) return THROTTLING.test(text) ? 'slow' : 'retry'
  return LASTING.test(text) ? 'halt' : 'split'
}

const LISTED = '"deleted":[{"key":"'
/** The rest of an entry after its key; that of one that says nothing more has no other kind of members. */
const REST = /^"(?:,"\w+":(?:"[\w.-]*"|true|false|null|\d+))*\}/
const LONGEST_REST = 300
/** Bytes among which the list must begin: before it stand a code and a message. */
const FAR = 1_000

/**
 * The outcome where the answer lists just the keys of the request as deleted, in their order, and says the same of each.
 * Then only the first is looked at. The keys must be such that JSON spells them as they are.
 */
export function readEcho(
  answer: HttpAnswer,
  items: readonly ObjectKey[],
  asked: Asked,
): Outcomes<DeletedDetail> | undefined {
  const { body } = answer
  const first = keyOf(items[0])
  const [head = '', isFound] = text(body.subarray(0, FAR)).split(LISTED, 2)
  if (isFound === undefined) return undefined
  const from = utf8(head + LISTED).length
  const afterFirst = from + utf8(first).length
  const rest = REST.exec(text(body.subarray(afterFirst, afterFirst + LONGEST_REST)))?.[0]
  if (rest === undefined || rest.includes('"key"')) return undefined
  const entries = utf8(items.join(`${rest},{"key":"`) + rest)
  const to = from + entries.length
  if (!isSame(body.subarray(from, to), entries)) return undefined
  const before = strictText(body.subarray(0, from))
  // With the end of the last entry, for a byte-order mark at the beginning would be skipped.
  const after = strictText(body.subarray(to - 1))
  // It must be the only list of that name, however it is spelt.
  if (before !== head + LISTED || after === undefined || /\\|"deleted"/.test(head + after)) return undefined
  const read = readDeletedObjects(
    { ...answer, body: utf8(before + first + rest.slice(0, -1) + after) },
    items.slice(0, 1),
    asked,
  )
  return read.kind === 'outcomes' && !read.outcomes ? read : undefined
}

function readObjects(
  answer: HttpAnswer,
  envelope: JsonObject,
  items: readonly ObjectKey[],
  quiet: boolean,
): Outcomes<DeletedDetail> | Refusal {
  const listed = listedIn(envelope)
  const requestId = stringOf(envelope.requestId)
  if (!listed) return unreadable(answer.status, 'the answer lists no deleted and failed objects', requestId)
  if (isEcho(listed, items) || (quiet && isEmpty(listed))) return { kind: 'outcomes', requestId }
  const rest: ItemOutcome<DeletedDetail> = quiet ? { done: undefined } : UNREPORTED
  return matched(listed, items, rest, requestId)
}

interface Listed {
  readonly deleted: readonly JsonObject[]
  readonly errors: readonly JsonObject[]
}

function listedIn({ returnObj }: JsonObject): Listed | undefined {
  if (returnObj === undefined || returnObj === null) return { deleted: [], errors: [] }
  if (typeof returnObj !== 'object' || Array.isArray(returnObj)) return undefined
  const deleted = objectsOf((returnObj as JsonObject).deleted)
  const errors = objectsOf((returnObj as JsonObject).errors)
  return deleted && errors ? { deleted, errors } : undefined
}

/** Whether the answer lists just what was asked, in that order, and says nothing more: nearly every answer does. */
function isEcho({ deleted, errors }: Listed, items: readonly ObjectKey[]): boolean {
  if (errors.length > 0 || deleted.length !== items.length) return false
  return deleted.every((object, index) => object.key === items[index] && !saysMore(object))
}

const isEmpty = ({ deleted, errors }: Listed): boolean => deleted.length + errors.length === 0

/** Puts what is listed to the items of the request. */
function matched(
  { deleted, errors }: Listed,
  items: readonly ObjectKey[],
  rest: ItemOutcome<DeletedDetail>,
  requestId: string | undefined,
): Outcomes<DeletedDetail> {
  const placeOf = placesOf(items)
  const outcomes: (ItemOutcome<DeletedDetail> | undefined)[] = new Array(items.length)
  let silent = rest
  for (const object of deleted) {
    const place = placeOf(stringOf(object.key), stringOf(object.versionID))
    if (place !== undefined) outcomes[place] = { done: detailOf(object) }
  }
  // Failures last, so that they win: a key that is listed both ways is not known to be deleted.
  for (const object of errors) {
    const place = placeOf(stringOf(object.key), stringOf(object.versionID))
    if (place === undefined) silent = UNREPORTED
    else {
      const before = outcomes[place]
      outcomes[place] = failureOf(object, before !== undefined && ('done' in before || before.unsure))
    }
  }
  return { kind: 'outcomes', requestId, outcomes: Array.from(outcomes, (outcome) => outcome ?? silent) }
}

/** Whether there is a detail; to find out is cheaper than to make it. */
const saysMore = ({ versionID, deleteMarker, deleteMarkerVersionID, deleteMarkerVersionId }: JsonObject): boolean =>
  deleteMarker === true || [versionID, deleteMarkerVersionID, deleteMarkerVersionId].some(stringOf)

function detailOf({ versionID, deleteMarker, deleteMarkerVersionID, deleteMarkerVersionId }: JsonObject) {
  const version = stringOf(versionID)
  const marker = stringOf(deleteMarkerVersionID) || stringOf(deleteMarkerVersionId)
  const detail = {
    ...(version && version !== 'null' && { versionId: version }),
    ...(deleteMarker === true && { deleteMarker }),
    ...(marker && { deleteMarkerVersionId: marker }),
  }
  return Object.keys(detail).length > 0 ? detail : undefined
}

function failureOf(entry: JsonObject, unsure: boolean): ItemFailure {
  const code = stringOf(entry.code)
  const message = stringOf(entry.message)
  if (!code) return { ...UNSPECIFIED, ...(message && { message }), unsure }
  return {
    code,
    message: message || code,
    retryable: PASSING.test(code),
    unsure: unsure || BROKE_DOWN.test(code),
    throttled: THROTTLING.test(code),
  }
}
