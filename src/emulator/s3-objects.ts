import { utf8Length } from '../bytes.js'
import { bytesOf, type Container, type Version } from './container.js'
import type { Call, Incoming, Outgoing, Refusal } from './exchange.js'
import { notImplemented, refusal } from './s3-answers.js'
import { unchunked } from './s3-chunks.js'
import { checkDescribed, eTagOf, isKnown } from './s3-conditions.js'
import { tooLong } from './s3-delete.js'
import { checkIntegrity } from './s3-integrity.js'
import { allowOnly, type Query } from './s3-query.js'
import { partOf } from './s3-range.js'

/** Headers that make another call of a `PUT`, or ask for what would be missed. */
const UNSUPPORTED = /^(?:x-amz-(?:copy-source|object-lock-|website-redirect|write-offset)|content-range$)/

/** What is kept of the headers of a `PUT`. */
const KEPT = /^(?:content-type$|x-amz-meta-)/

/** `PUT`, `GET`, `HEAD` and `DELETE` of one object. */
export async function objectCall(request: Incoming, key: string, query: Query, container: Container): Promise<Call> {
  if (utf8Length(key) > 1024) throw tooLong(key)
  const { method, headers } = request
  const isWrite = method === 'PUT' || method === 'POST'
  allowOnly(query, ...(isWrite ? [] : ['versionId']))
  const versionId = query.get('versionId') || undefined
  switch (method) {
    case 'PUT': {
      const unsupported = Object.keys(headers).find((name) => UNSUPPORTED.test(name))
      if (unsupported !== undefined) throw notImplemented(unsupported)
      const whole = unchunked(request)
      await checkIntegrity(whole)
      return once(() => put(container, key, whole))
    }
    case 'GET':
    case 'HEAD':
      if (headers['if-range'] !== undefined) throw notImplemented('if-range')
      return { items: 1, run: () => get(container, key, versionId, request) }
    case 'DELETE':
      return once(() => remove(container, key, versionId, request))
    default:
      throw refusal('MethodNotAllowed')
  }
}

/** A call on one key that fails whole where the faults would fail the key. */
function once(run: () => Outgoing): Call {
  return {
    items: 1,
    run(faults) {
      const code = faults.failure()
      if (code !== undefined) throw refusal(code)
      return run()
    },
  }
}

function put(container: Container, key: string, request: Incoming): Outgoing {
  checkDescribed(request, key, container)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && KEPT.test(name)) headers[name] = value
  // A copy, for the bytes may be the caller's own.
  const id = container.put(key, new Uint8Array(request.body), { headers })
  return { status: 200, headers: { ...describe(container.version(key, id)), ...named(container, id) }, body: '' }
}

function get(container: Container, key: string, versionId: string | undefined, request: Incoming): Outgoing {
  const version = container.version(key, versionId)
  if (version?.value === undefined) throw missing(key, versionId, version)
  const described = {
    ...describe(version),
    ...named(container, version.id),
    'last-modified': new Date(version.modified).toUTCString(),
  }
  if (isKnown(request, version)) return { status: 304, headers: described, body: '' }
  const whole = bytesOf(version)
  const part = partOf(request.headers.range, whole.length)
  const body = part ? whole.subarray(part.start, part.end) : whole
  const headers = {
    'content-type': 'binary/octet-stream',
    ...version.headers,
    ...described,
    'accept-ranges': 'bytes',
    'content-length': String(body.length),
    ...(part && { 'content-range': `bytes ${part.start}-${part.end - 1}/${whole.length}` }),
  }
  return { status: part ? 206 : 200, headers, body: request.method === 'HEAD' ? '' : body }
}

/** Of a key that was never there, or has a delete marker on top; a marker itself cannot be read. */
function missing(key: string, versionId: string | undefined, marker: Version | undefined): Refusal {
  const headers = marker && { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.id }
  if (versionId === undefined) return refusal('NoSuchKey', { Key: key }, headers)
  return marker
    ? refusal('MethodNotAllowed', { ResourceType: 'DeleteMarker' }, { ...headers, allow: 'DELETE' })
    : refusal('NoSuchVersion', { Key: key, VersionId: versionId })
}

const describe = (version: Version | undefined): Record<string, string> => (version ? { etag: eTagOf(version) } : {})

const named = (container: Container, id: string): Record<string, string> =>
  container.versioning === 'off' ? {} : { 'x-amz-version-id': id }

/** Missing objects are deleted already. */
function remove(container: Container, key: string, versionId: string | undefined, request: Incoming): Outgoing {
  checkDescribed(request, key, container)
  const bypass = request.headers['x-amz-bypass-governance-retention']?.toLowerCase() === 'true'
  const removal = container.remove(key, versionId, bypass)
  if (removal.kind === 'locked') throw refusal('AccessDenied')
  const headers: Record<string, string> = versionId === undefined ? {} : { 'x-amz-version-id': versionId }
  if (removal.kind === 'marked') headers['x-amz-version-id'] = removal.marker
  if (removal.kind === 'marked' || (removal.kind === 'removed' && removal.wasMarker))
    headers['x-amz-delete-marker'] = 'true'
  return { status: 204, headers, body: '' }
}
