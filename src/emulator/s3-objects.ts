import { utf8Length } from '../bytes.js'
import { bytesOf, type Container, type Version } from './container.js'
import type { Call, Incoming, Outgoing, Refusal } from './exchange.js'
import { refusal } from './s3-answers.js'
import { eTagOf } from './s3-conditions.js'
import { tooLong } from './s3-delete.js'
import { checkIntegrity } from './s3-integrity.js'

const UNSUPPORTED = /^x-amz-(?:copy-source|object-lock-|website-redirect)/

/** `PUT`, `GET`, `HEAD` and `DELETE` of one object. */
export async function objectCall(
  request: Incoming,
  key: string,
  versionId: string | undefined,
  container: Container,
): Promise<Call> {
  if (utf8Length(key) > 1024) throw tooLong(key)
  const { method, headers, body } = request
  switch (method) {
    case 'PUT':
      if (Object.keys(headers).some((name) => UNSUPPORTED.test(name))) throw refusal('NotImplemented')
      await checkIntegrity(request)
      return once(() => put(container, key, body))
    case 'GET':
    case 'HEAD':
      return { items: 1, run: () => get(container, key, versionId, method === 'HEAD') }
    case 'DELETE': {
      const bypass = headers['x-amz-bypass-governance-retention']?.toLowerCase() === 'true'
      return once(() => remove(container, key, versionId, bypass))
    }
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

function put(container: Container, key: string, body: Incoming['body']): Outgoing {
  // A copy, for the bytes may be the caller's own.
  const id = container.put(key, new Uint8Array(body))
  return { status: 200, headers: { ...describe(container.version(key, id)), ...named(container, id) }, body: '' }
}

function get(container: Container, key: string, versionId: string | undefined, isHead: boolean): Outgoing {
  const version = versionId === undefined ? container.get(key) : container.version(key, versionId)
  if (version?.value === undefined) throw missing(versionId)
  const body = bytesOf(version)
  const headers = {
    ...describe(version),
    ...named(container, version.id),
    'content-type': 'binary/octet-stream',
    'content-length': String(body.length),
    'last-modified': new Date(version.modified).toUTCString(),
  }
  return { status: 200, headers, body: isHead ? '' : body }
}

const missing = (versionId: string | undefined): Refusal =>
  refusal(versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion')

const describe = (version: Version | undefined): Record<string, string> => (version ? { etag: eTagOf(version) } : {})

const named = (container: Container, id: string): Record<string, string> =>
  container.versioning === 'off' ? {} : { 'x-amz-version-id': id }

/** Missing objects are deleted already. */
function remove(container: Container, key: string, versionId: string | undefined, bypass: boolean): Outgoing {
  const removal = container.remove(key, versionId, bypass)
  if (removal.kind === 'locked') throw refusal('AccessDenied')
  const headers: Record<string, string> = versionId === undefined ? {} : { 'x-amz-version-id': versionId }
  if (removal.kind === 'marked') headers['x-amz-version-id'] = removal.marker
  if (removal.kind === 'marked' || (removal.kind === 'removed' && removal.wasMarker))
    headers['x-amz-delete-marker'] = 'true'
  return { status: 204, headers, body: '' }
}
