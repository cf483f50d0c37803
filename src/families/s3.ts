import { sha256 } from '#runtime'
import { crc32, md5 } from '#runtime/checksum'
import { deleteXml, ENVELOPE_BYTES, isXmlText, objectXml, wholeDeleteXml } from '../bodies/delete-xml.js'
import { base64, canonicalQuery, isWellFormed, percentEncode, utf8Length } from '../bytes.js'
import type { Provider } from '../client.js'
import type { Authorize } from '../engine/store.js'
import type { Awaitable, Bytes, HttpAnswer, HttpRequest } from '../http.js'
import {
  type ConditionalKey,
  type Flaw,
  invalidKey,
  keyFlaw,
  keyOf,
  memberOf,
  strayMember,
  versionOf,
} from '../items.js'
import { ALONE, type Call, isWhole, type Mode, type Operation, type Outcomes, type Refusal } from '../operation.js'
import type { Endpoint } from '../options.js'
import { type Target, targetOf } from '../target.js'
import { type DeletedDetail, readDeleted, readRefusal } from './s3-answers.js'

/** How a bucket is named in a request: in the path, or in the host. */
export type Addressing = 'path' | 'virtual'

/** What shows the store that a body arrived as it was sent. */
export type Integrity = 'md5' | 'sha256' | 'crc32'

/** In what a store of the S3 family differs from the others. */
export interface S3Traits {
  readonly name: string
  readonly endpoint: Endpoint
  readonly bucket: string
  readonly addressing: Addressing
  readonly integrity: Integrity
  readonly authorize: Authorize
  readonly takesIamToken?: boolean
  /** Members of an item that the store looks at before it deletes. */
  readonly conditions: readonly Condition[]
  /** Whether the provider documents an empty body as a quiet success. */
  readonly emptyIsSuccess?: boolean
}

export type Condition = 'eTag' | 'lastModified' | 'size'

const CONDITIONS: readonly Condition[] = ['eTag', 'lastModified', 'size']
/** DeleteObjects of the S3 API; the other providers state the same or nothing. */
const MOST_KEYS = 1000
const LONGEST_KEY_BYTES = 1024
/** Ceph refuses more than 1,048,576. */
const MOST_BODY_BYTES = 1_000_000
const GOVERNANCE = { 'x-amz-bypass-governance-retention': 'true' }

/** Which addressing to use: the host cannot carry a bucket before an IP address, nor one with a dot under a certificate. */
export function addressingFor({ host, signingHost }: Endpoint, bucket: string, preferred: Addressing): Addressing {
  if (signingHost !== undefined) return signingHost.startsWith(`${bucket}.`) ? 'virtual' : 'path'
  const isNumeric = /^(\d+\.\d+\.\d+\.\d+|\[.*\]|localhost)(:\d+)?$/.test(host)
  return isNumeric || bucket.includes('.') ? 'path' : preferred
}

/** A provider that speaks the S3 API: `DeleteObjects`, and `DeleteObject` for keys that XML cannot carry. */
export function s3Provider(traits: S3Traits): Provider<ConditionalKey> {
  const { name, authorize, takesIamToken = false } = traits
  const target = targetOf(traits.endpoint, traits.addressing === 'virtual' ? `${traits.bucket}.` : '')
  const bucketPath = target.pathPrefix + (traits.addressing === 'path' ? `/${percentEncode(traits.bucket)}` : '')
  return { name, authorize, takesIamToken, knowsGovernance: true, deletes: deleteObjects(traits, target, bucketPath) }
}

function deleteObjects(
  traits: S3Traits,
  { base, host }: Target,
  bucketPath: string,
): Operation<ConditionalKey, DeletedDetail> {
  return {
    name: 'DeleteObjects',
    maxItems: MOST_KEYS,
    maxBytes: MOST_BODY_BYTES,
    envelopeBytes: ENVELOPE_BYTES,
    // AWS does; of the others it is not known.
    countsItems: true,
    write: (item) => write(item, traits),
    measure: utf8Length,
    interchangeable: (first, second) =>
      CONDITIONS.every((member) => String(memberOf(first, member)) === String(memberOf(second, member))),
    whole: {
      lengthOf: (item) => (typeof item === 'string' ? item.length : plainLength(item)),
      write: (items, { quiet }, room) => wholeDeleteXml(items, quiet, LONGEST_KEY_BYTES, room),
    },
    encode(items, { quiet, bypassGovernance }, written = items.map(objectXml)) {
      const body = isWhole(written) ? written.body : deleteXml(written, quiet)
      const headers = { 'content-type': 'application/xml', ...(bypassGovernance && GOVERNANCE) }
      const request = { method: 'POST', base, host, path: bucketPath || '/', query: 'delete=', headers, body } as const
      return withIntegrity(request, body, traits.integrity)
    },
    decode: (answer, items, { quiet }, whole) =>
      readDeleted(answer, items, {
        quiet,
        isWhole: whole !== undefined,
        emptyIsSuccess: traits.emptyIsSuccess === true,
      }),
    fallback: deleteObject(base, host, bucketPath),
  }
}

/** The S3 API's call for one object: any key that UTF-8 can say fits a path. */
function deleteObject(base: string, host: string, bucketPath: string): Call<ConditionalKey, DeletedDetail> {
  return {
    name: 'DeleteObject',
    encode([item], { bypassGovernance }: Mode): HttpRequest {
      const version = versionOf(item)
      const key = keyOf(item).split('/').map(percentEncode).join('/')
      return {
        method: 'DELETE',
        base,
        host,
        path: `${bucketPath}/${key}`,
        query: version === undefined ? '' : canonicalQuery([['versionId', version]]),
        headers: bypassGovernance ? GOVERNANCE : {},
      }
    },
    decode: readDeletedObject,
  }
}

async function readDeletedObject(answer: HttpAnswer): Promise<Outcomes<DeletedDetail> | Refusal> {
  const requestId = answer.header('x-amz-request-id')
  const marker = answer.header('x-amz-delete-marker') === 'true'
  const version = answer.header('x-amz-version-id')
  // Not 200: that is what a captive portal answers, or a proxy with an error page.
  if (answer.status === 204) {
    const detail = {
      ...(version !== undefined &&
        version !== 'null' &&
        (marker ? { deleteMarkerVersionId: version } : { versionId: version })),
      ...(marker && { deleteMarker: true }),
    }
    return { kind: 'outcomes', requestId, outcomes: [{ done: Object.keys(detail).length > 0 ? detail : undefined }] }
  }
  const refusal = await readRefusal(answer)
  // Here a refusal may concern this key alone: a policy, a lock.
  const { code, message } = refusal
  if (code !== 'AccessDenied' && code !== 'NoSuchKey' && refusal.remedy !== 'split') return refusal
  return { kind: 'outcomes', requestId, outcomes: [{ code, message, retryable: false, unsure: false }] }
}

function write(item: ConditionalKey, { name, conditions }: S3Traits): string | typeof ALONE | Flaw {
  const unknown = CONDITIONS.filter((member) => !conditions.includes(member))
  const flaw = keyFlaw(item, LONGEST_KEY_BYTES) ?? strayMember(item, unknown, name) ?? memberFlaw(item)
  if (flaw) return flaw
  if (isXmlText(keyOf(item)) && isXmlText(versionOf(item) ?? '')) return objectXml(item)
  const condition = conditions.find((member) => memberOf(item, member) !== undefined)
  return condition ? invalidKey(`the key fits no XML, and a single deletion cannot carry \`${condition}\``) : ALONE
}

/** The length of a key with its version, where it has nothing more and both are strings. */
function plainLength(item: Exclude<ConditionalKey, string>): number | undefined {
  // With a key that is a string it is a copy, of which all can be read.
  if (typeof memberOf(item, 'key') !== 'string') return undefined
  const { key, versionId, eTag, lastModified, size } = item
  if (eTag !== undefined || lastModified !== undefined || size !== undefined) return undefined
  if (versionId === undefined) return key.length
  return typeof versionId === 'string' && versionId !== '' ? key.length + versionId.length : undefined
}

function memberFlaw(item: ConditionalKey): Flaw | undefined {
  if (typeof item === 'string') return undefined
  const { versionId, eTag, lastModified, size } = item
  for (const [name, value] of Object.entries({ versionId, eTag }))
    if (value !== undefined && (typeof value !== 'string' || value === '' || !isWellFormed(value)))
      return invalidKey(`\`${name}\` must be a string that is not empty`)
  if (lastModified !== undefined && !(lastModified instanceof Date && !Number.isNaN(lastModified.getTime())))
    return invalidKey('`lastModified` must be a valid Date')
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0))
    return invalidKey('`size` must be a whole number of bytes, 0 or more')
  return undefined
}

function withIntegrity(request: HttpRequest, body: Bytes, integrity: Integrity): Awaitable<HttpRequest> {
  if (integrity === 'md5') return withHeader(request, 'content-md5', md5(body))
  if (integrity === 'crc32') return withHeader(request, 'x-amz-checksum-crc32', crc32(body))
  return withSha256(request, body)
}

async function withSha256(request: HttpRequest, body: Bytes): Promise<HttpRequest> {
  const bodySha256 = await sha256(body)
  return { ...withHeader(request, 'x-amz-checksum-sha256', bodySha256), bodySha256 }
}

const withHeader = (request: HttpRequest, name: string, digest: Bytes): HttpRequest => ({
  ...request,
  headers: { ...request.headers, [name]: base64(digest) },
})
