import { utf8Length } from '../bytes.js'
import type { Accounts } from './accounts.js'
import type { Container } from './container.js'
import { type Call, type Incoming, type KeyFaults, type Outgoing, type Protocol, Refusal } from './exchange.js'
import type { Holdings } from './state.js'
import { verifyEop } from './verify-eop.js'

const MOST_KEYS = 1000
const MOST_KEY_BYTES = 1024
/** Assumed, for no page says: where Ceph behind the gateway draws the line for the same list as XML. */
const MOST_BODY_BYTES = 1_048_576

interface Target {
  readonly key: string
  readonly versionID: string | undefined
}

/** CTyun's ZOS behind its EOP gateway. The gateway refuses in one envelope, the store in another, with status 200. */
export class CtyunProtocol implements Protocol {
  constructor(
    readonly accounts: Accounts,
    readonly holdings: Holdings,
  ) {}

  async accept(request: Incoming, now: Date): Promise<Call> {
    await verifyEop(request, this.accounts, now)
    const { method, path } = request
    const batch = path === '/v4/oss/delete-objects'
    if (method !== 'POST' || !(batch || path === '/v4/oss/delete-object'))
      throw new Refusal(404, 'CTAPI_10000', 'ctyun-EOP: API not found')
    if (request.body.length > MOST_BODY_BYTES) throw refused('MaxMessageLengthExceeded', 'parameter.invalid')
    const body = record(parsed(request.body))
    const bucket = text(body.bucket, 'bucket')
    text(body.regionID, 'regionID')
    const container = this.holdings.find('ctyun-zos', bucket)
    if (!container) throw refused('NoSuchBucketError', 'bucket.notFound')
    return batch ? deleteObjects(record(body.delete), container) : deleteObject(target(body), container)
  }

  /** The store's own refusals have no status of their own. */
  refuse({ status, code, message }: Refusal, _: Incoming, requestId: string): Outgoing {
    if (status !== 200) {
      const number = code.replace('CTAPI_', '')
      return json(status, {
        requestId,
        error: number,
        code: number,
        message,
        eopErrCode: number,
        statusCode: code,
        returnObj: {},
      })
    }
    const error = code.replace(/(?:^|\.)[a-z]/g, (start) => start.toUpperCase())
    return json(200, { statusCode: 900, message, description: DESCRIPTION, errorCode: code, error, returnObj: {} })
  }

  /** The code is made up, for the gateway's own is unknown. */
  throttled(): Refusal {
    return new Refusal(429, 'CTAPI_10429', 'ctyun-EOP: too many requests')
  }

  failure(status: number): Refusal {
    if (status === 200) return refused('InternalError', 'internal.error')
    return status === 429 ? this.throttled() : new Refusal(status, `CTAPI_10${status}`, `ctyun-EOP: status ${status}`)
  }

  retryAfter(seconds: number): Record<string, string> {
    return { 'retry-after': String(Math.ceil(seconds)) }
  }

  identify(requestId: string): Record<string, string> {
    return { 'ctyun-eop-request-id': requestId }
  }
}

const DESCRIPTION = '请求失败'

function deleteObjects(document: Readonly<Record<string, unknown>>, container: Container): Call {
  const { objects, quiet = null } = document
  if (!Array.isArray(objects) || objects.length === 0 || objects.length > MOST_KEYS)
    throw refused('MalformedXMLError', 'parameter.invalid')
  if (quiet !== null && typeof quiet !== 'boolean') throw refused('quiet must be a boolean', 'parameter.invalid')
  const targets = objects.map((object) => target(record(object)))
  return { items: targets.length, run: (faults) => run(targets, quiet === true, container, faults) }
}

function run(targets: readonly Target[], quiet: boolean, container: Container, faults: KeyFaults): Outgoing {
  const deleted: unknown[] = []
  const errors: unknown[] = []
  for (const { key, versionID } of targets) {
    let code = faults.failure()
    const removal = code === undefined ? container.remove(key, versionID) : undefined
    if (removal?.kind === 'locked') code = 'AccessDenied'
    if (removal?.kind === 'no-version') code = 'NoSuchVersion'
    if (faults.leavesOut()) continue
    if (code !== undefined) errors.push({ key, versionID, code, message: code })
    else if (removal?.kind === 'marked')
      deleted.push({ key, deleteMarker: true, deleteMarkerVersionID: removal.marker })
    else if (removal?.kind === 'removed' && removal.wasMarker)
      deleted.push({ key, versionID, deleteMarker: true, deleteMarkerVersionID: versionID })
    else deleted.push({ key, versionID })
  }
  return success({ deleted: quiet ? [] : deleted, errors, requestCharged: '' })
}

const deleteObject = ({ key, versionID }: Target, container: Container): Call => ({
  items: 1,
  run(faults) {
    const code = faults.failure()
    if (code !== undefined) throw refused(code, 'object.deleteFailed')
    const { kind } = container.remove(key, versionID)
    if (kind === 'locked') throw refused('AccessDenied', 'object.deleteFailed')
    if (kind === 'no-version') throw refused('NoSuchVersion', 'object.deleteFailed')
    return success({})
  },
})

function target({ key, versionID }: Readonly<Record<string, unknown>>): Target {
  const name = text(key, 'key')
  if (name.length * 3 > MOST_KEY_BYTES && utf8Length(name) > MOST_KEY_BYTES)
    throw refused('KeyTooLongError', 'parameter.invalid')
  if (versionID != null && typeof versionID !== 'string')
    throw refused('versionID must be a string', 'parameter.invalid')
  return { key: name, versionID: versionID || undefined }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw refused('the body is not valid JSON', 'parameter.invalid')
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw refused('an object is missing', 'parameter.invalid')
  return value as Readonly<Record<string, unknown>>
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw refused(`${name} is required`, 'parameter.missing')
  return value
}

/** A refusal in the store's envelope. Its codes are opaque to clients; these are in their style, not from a list. */
const refused = (message: string, code: string) => new Refusal(200, `openapi.${code}`, message)

const success = (returnObj: unknown): Outgoing =>
  json(200, { statusCode: 800, message: 'SUCCESS', description: '成功', returnObj })

const json = (status: number, document: unknown): Outgoing => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8' },
  body: JSON.stringify(document),
})
