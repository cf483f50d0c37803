import { isSame } from '#runtime'
import { type JsonObject, parseJson, readJson, stringOf, stringsOf } from '../bodies/json.js'
import { strictText, text } from '../bytes.js'
import type { HttpAnswer } from '../http.js'
import type { ItemOutcome, Outcomes, Refusal, Remedy, Whole } from '../operation.js'
import {
  isOfPath,
  ofOne,
  refusalOf,
  remediesByCode,
  remedyForStatus,
  UNREPORTED,
  UNSPECIFIED,
  unreadable,
  withAdvice,
} from './refusals.js'

type Nothing = Record<never, never>

/** Error codes of the gateway and of the two stores whose remedy their status does not tell. */
const REMEDIES = remediesByCode([
  ['slow', 'ServiceUnavailable TooManyRequests TooQuickRequests Rejected.Throttling'],
  ['retry', 'SignatureNonceUsed'],
  ['reclock', 'InvalidTimeStamp.Expired IllegalTimestamp'],
  ['renew', 'InvalidSecurityToken.Expired'],
  ['fewer-items', 'InvalidKey.TooManyKeys'],
  ['split', 'InvalidKey.Malformed InvalidKey.ExceedsMaximum InvalidKey.NotFound InvalidValue.ExceedsMaximum'],
  ['split', 'Invalid.Parameter'],
])

/** Beginnings of codes that every request would meet. */
const LASTING =
  /^(Signature|Incomplete|InvalidSignature|InvalidAccessKeyId|InvalidSecurityToken|Missing|InvalidAccount|InvalidNameSpace|InvalidApi|InvalidVersion|InvalidTimeStamp|Forbidden|NoPermission|Unauthorized)/

const ADVICE: ReadonlyMap<string | undefined, string> = new Map([
  ['SignatureDoesNotMatch', 'check secretAccessKey, and signingHost if the endpoint is a proxy'],
  ['InvalidAccessKeyId.NotFound', 'check accessKeyId'],
  ['InvalidNameSpace.NotFound', 'check namespace and endpoint'],
  ['InvalidTimeStamp.Expired', 'check the clock of this machine'],
])

/** Reads the answer of a batch: 200 means little, the two lists say what was done. */
export function readBatch(answer: HttpAnswer, keys: readonly string[]): Outcomes<Nothing> | Refusal {
  // Where it lists what it has done, an error beside that does not matter.
  const { document, refusal } = readAnswer(answer, ({ SuccessKeys }) => SuccessKeys !== undefined)
  if (refusal) return refusal
  const succeeded = stringsOf(document.SuccessKeys)
  const failed = stringsOf(document.FailKeys)
  if (!succeeded || !failed)
    return unreadable(answer.status, 'SuccessKeys and FailKeys are not lists of strings', headerId(answer))
  const requestId = requestIdOf(answer, document)
  const isEcho = failed.length === 0 && succeeded.length === keys.length
  if (isEcho && keys.every((key, index) => key === succeeded[index])) return { kind: 'outcomes', requestId }
  const done = new Set(succeeded)
  const refused = new Set(failed)
  const outcomes = keys.map((key): ItemOutcome<Nothing> => {
    // Listed both ways, it is not known to be done.
    if (refused.has(key)) return { ...UNSPECIFIED, unsure: done.has(key) }
    return done.has(key) ? { done: undefined } : UNREPORTED
  })
  return { kind: 'outcomes', requestId, outcomes, retryAfterMs: throttledFor(answer) }
}

const SUCCEEDED = '"SuccessKeys":'
/** Bytes among which it is looked for: before it stands a request id, at most. */
const FAR = 1_000

/**
 * The outcome where the answer lists just the keys of the request as succeeded, in their order, and none as failed. The
 * list is compared byte by byte with the one that was sent, and the rest is parsed without it.
 */
export function readEcho(answer: HttpAnswer, whole: Whole | undefined): Outcomes<Nothing> | undefined {
  const { body, status } = answer
  if (whole?.list === undefined || status !== 200) return undefined
  const from = text(body.subarray(0, FAR)).indexOf(SUCCEEDED) + SUCCEEDED.length
  const to = from + whole.list.length
  if (!isSame(body.subarray(from, to), whole.list)) return undefined
  const head = strictText(body.subarray(0, from))
  // With the end of the list, for a byte-order mark at the beginning would be skipped.
  const rest = strictText(body.subarray(to - 1))
  // It must be the member of that name of the object itself, and the only one, however it is spelt.
  if (!head?.endsWith(SUCCEEDED) || /[{[]/.test(head.slice(1))) return undefined
  if (rest === undefined || /SuccessKeys|\\/.test(rest)) return undefined
  const read = parseJson(`${head}[${rest}`)
  if (read.kind !== 'object' || !Array.isArray(read.value.SuccessKeys) || member(read.value, 'Code') !== undefined)
    return undefined
  const failed = stringsOf(read.value.FailKeys)
  return failed?.length === 0 ? { kind: 'outcomes', requestId: requestIdOf(answer, read.value) } : undefined
}

/** Reads the answer of a put of one item: the two services list what of it they stored (documented), under an id of the request. */
export function readSingle(answer: HttpAnswer): Outcomes<Nothing> | Refusal {
  const { document, refusal } = readAnswer(answer, () => false)
  if (refusal) return isOfPath(refusal) ? ofOne(refusal) : refusal
  const { Length, Value, RequestId } = document
  if ((Length ?? Value ?? RequestId ?? null) === null)
    return unreadable(answer.status, 'the answer does not tell of a put', headerId(answer))
  return { kind: 'outcomes', requestId: requestIdOf(answer, document) }
}

/** The document of a success, or what the answer says instead. */
function readAnswer(
  answer: HttpAnswer,
  isResult: (document: JsonObject) => boolean,
): { document: JsonObject; refusal?: Refusal } {
  const read = readJson(answer.body)
  const document: JsonObject = read.kind === 'object' ? read.value : read.kind === 'empty' ? {} : errorInXml(answer)
  const code = member(document, 'Code')
  const isSuccess = answer.status >= 200 && answer.status < 300
  const hasCode = (document.Code ?? document.code ?? null) !== null
  if (!isSuccess || (hasCode && !isResult(document))) return { document, refusal: refused(answer, document, code) }
  if (read.kind === 'object') return { document }
  const what = read.kind === 'empty' ? 'empty' : `no JSON object: ${read.reason}`
  return { document, refusal: unreadable(answer.status, `the answer is ${what}`, headerId(answer)) }
}

/** An error as a gateway writes it that was not told, or did not heed, what the client accepts. The official client reads both. */
function errorInXml({ body }: HttpAnswer): JsonObject {
  const source = text(body.subarray(0, FAR))
  const inside = (name: string) => new RegExp(`<Error>.*<${name}>([^<&]+)</${name}>`, 's').exec(source)?.[1]
  return { Code: inside('Code'), Message: inside('Message'), RequestId: inside('RequestId') }
}

function refused(answer: HttpAnswer, document: JsonObject, code: string | undefined): Refusal {
  const message = member(document, 'Message')
  const refusal = refusalOf(
    answer,
    {
      code,
      message: withAdvice(message, ADVICE.get(code)),
      requestId: requestIdOf(answer, document),
      retryAfterMs: throttledFor(answer),
    },
    remedyOf(code, answer.status === 200 ? 500 : answer.status),
  )
  // No two attempts have the same nonce. Browsers send a request twice when a connection breaks: the first may have been
  // carried out.
  return code === 'SignatureNonceUsed' ? { ...refusal, unsure: true } : refusal
}

function remedyOf(code: string | undefined, status: number): Remedy {
  if (code === undefined) return remedyForStatus(status)
  if (code.startsWith('Throttling')) return 'slow'
  return REMEDIES.get(code) ?? (LASTING.test(code) ? 'halt' : remedyForStatus(status))
}

/** How long the gateway asks to wait: `x-acs-retry-after` in milliseconds, or `TimeLeft` of the older quota headers. */
function throttledFor(answer: HttpAnswer): number | undefined {
  const asked = Number(answer.header('x-acs-retry-after'))
  if (asked > 0) return asked
  const left = ['x-ratelimit-user-api', 'x-ratelimit-user'].map((name) =>
    Number(/TimeLeft:(\d+)/.exec(answer.header(name) ?? '')?.[1] ?? 0),
  )
  return Math.max(...left) || undefined
}

/** A member by its name, or by the same in lower camel case, as some gateways write it. */
const member = (document: JsonObject, name: string): string | undefined =>
  stringOf(document[name]) ?? stringOf(document[name.charAt(0).toLowerCase() + name.slice(1)])

const requestIdOf = (answer: HttpAnswer, document: JsonObject) => member(document, 'RequestId') ?? headerId(answer)

const headerId = (answer: HttpAnswer) => answer.header('x-acs-request-id')
