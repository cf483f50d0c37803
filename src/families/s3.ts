import { sha256 } from '#runtime'
import { crc32, md5 } from '#runtime/checksum'
import { deleteXml, ENVELOPE_BYTES, objectXml, wholeDeleteXml } from '../bodies/delete-xml.js'
import { isXmlText } from '../bodies/xml-text.js'
import { base64, canonicalQuery, percentEncode, utf8Length } from '../bytes.js'
import type { Provider } from '../client.js'
import { type Endpoint, type Target, targetOf } from '../endpoint.js'
import type { Authorize } from '../engine/store.js'
import type { Awaitable, Bytes, HttpAnswer, HttpRequest } from '../http.js'
import {
  type ConditionalKey,
  type Flaw,
  invalidKey,
  keyFlaw,
  keyOf,
  LONGEST_TEXT,
  strayMember,
  textFlaw,
  versionOf,
} from '../items.js'
import { ALONE, type Call, isWhole, type Mode, type Operation, type Outcomes, type Refusal } from '../operation.js'
import { memberOf } from '../untrusted.js'
import { isOfPath, ofOne } from './refusals.js'
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
  /** The option that adds to them. */
  readonly conditionsOption?: string
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

const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[.*\])(:\d+)?$/
/** A provider's own host has three labels at least, so one that begins with the bucket's name is not taken for the bucket's. */
const PROVIDER_HOST = /^[^.]+\.[^.]+\.[^.]/

/** Which addressing to use: the host cannot carry a bucket before an IP address, nor one with a dot under a certificate. */
export function addressingFor({ host, signingHost }: Endpoint, bucket: string, preferred: Addressing): Addressing {
  if (signingHost !== undefined)
    return beginsWith(bucket, signingHost) && PROVIDER_HOST.test(signingHost.slice(bucket.length + 1))
      ? 'virtual'
      : 'path'
  return ADDRESS.test(host) || /^localhost(:|$)/.test(host) || bucket.includes('.') ? 'path' : preferred
}

/** Whether the first labels of a host are the bucket. */
export const beginsWith = (bucket: string, host: string): boolean => host.startsWith(`${bucket}.`)

/** @throws {RangeError} Where a request cannot name the bucket so. */
function checkBucket({ bucket, addressing, endpoint: { host, signingHost } }: S3Traits): void {
  if (bucket.includes('/')) throw new RangeError('bucket must be the name alone: keys hold what comes after a slash')
  if (addressing === 'path') {
    if (/^\.\.?$/.test(bucket)) throw new RangeError('bucket must not be `.` or `..`, which a path cannot hold')
    return
  }
  if (!/^[a-z\d][a-z\d._-]*$/.test(bucket))
    throw new RangeError('bucket must be lower-case letters, digits, dots and hyphens, for it stands in the host')
  if (ADDRESS.test(host) && signingHost === undefined)
    throw new RangeError("addressing must be 'path' where the endpoint is an IP address")
  if (signingHost !== undefined && !beginsWith(bucket, signingHost))
    throw new RangeError("signingHost must begin with the bucket where addressing is 'virtual'")
}

/** A provider that speaks the S3 API: `DeleteObjects`, and `DeleteObject` for keys that XML cannot carry. */
export function s3Provider(traits: S3Traits): Provider<ConditionalKey> {
  const { name, authorize, takesIamToken = false } = traits
  checkBucket(traits)
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
  return isOfPath(refusal) || isOfObject(refusal) ? ofOne(refusal) : refusal
}

/** Whether a single deletion may be refused for its own sake: a policy, a lock, a version that is not there. */
function isOfObject({ code, remedy, status = 0 }: Refusal): boolean {
  if (remedy !== 'halt') return remedy === 'split'
  if (status === 403) return code === 'AccessDenied' || code === 'InvalidObjectState'
  return [404, 405, 409, 412].includes(status) && code !== 'NoSuchBucket'
}

function write(item: ConditionalKey, { name, conditions, conditionsOption }: S3Traits): string | typeof ALONE | Flaw {
  const unknown = CONDITIONS.filter((member) => !conditions.includes(member))
  const flaw =
    keyFlaw(item, LONGEST_KEY_BYTES) ?? strayMember(item, unknown, name, conditionsOption) ?? memberFlaw(item)
  if (flaw) return flaw
  if (isXmlText(keyOf(item)) && isXmlText(versionOf(item) ?? '')) return objectXml(item)
  const condition = conditions.find((member) => memberOf(item, member) !== undefined)
  return condition ? invalidKey(`the key fits no XML, and a single deletion cannot carry \`${condition}\``) : ALONE
}

/** The length of a key with its version, where it has nothing more and both are strings. */
function plainLength(item: Exclude<ConditionalKey, string>): number | undefined {
  // With a key that is a string it is a copy, of which all can be read.
  if (typeof memberOf(item, 'key') !== 'string') return undefined
  const { key, versionId, VersionId, eTag, lastModified, size } = item
  if ((VersionId ?? eTag ?? lastModified ?? size) !== undefined) return undefined
  if (versionId === undefined) return key.length
  const isPlain = typeof versionId === 'string' && versionId !== '' && versionId.length <= LONGEST_TEXT
  return isPlain ? key.length + versionId.length : undefined
}

function memberFlaw(item: ConditionalKey): Flaw | undefined {
  if (typeof item === 'string') return undefined
  const { versionId, eTag, lastModified, size } = item
  for (const [name, value] of Object.entries({ versionId, eTag })) {
    const flaw = textFlaw(name, value)
    if (flaw) return flaw
  }
  if (eTag !== undefined && !isXmlText(eTag)) return invalidKey('the `eTag` holds a character that XML does not know')
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
