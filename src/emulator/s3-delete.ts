import { utf8Length } from '../bytes.js'
import type { Container } from './container.js'
import type { Call, Incoming, KeyFaults, Outgoing, Refusal } from './exchange.js'
import { messageOf, NAMESPACE, refusal, xmlAnswer, xmlElements, xmlText } from './s3-answers.js'
import { conditionFailure } from './s3-conditions.js'
import { checkIntegrity } from './s3-integrity.js'
import type { S3Traits } from './s3-stores.js'
import { type DeleteDocument, readDelete, type Target } from './s3-xml.js'

const MOST_KEYS = 1000
const MOST_KEY_BYTES = 1024
/** Where Ceph draws the line; no provider publishes its own. */
const MOST_BODY_BYTES = 1_048_576

/** `POST ?delete`. One key over 1,024 bytes refuses the whole request: assumed, for no page says. */
export async function deleteObjects(request: Incoming, container: Container, traits: S3Traits): Promise<Call> {
  const { headers, body } = request
  if (headers['transfer-encoding'] !== undefined && headers['content-length'] === undefined)
    throw refusal('MissingContentLength')
  if (body.length > MOST_BODY_BYTES) throw refusal('MaxMessageLengthExceeded')
  await checkIntegrity(request, traits.integrity)
  const { targets, quiet } = readOrRefuse(body)
  if (targets.length === 0 || targets.length > MOST_KEYS) throw refusal('MalformedXML')
  for (const { key } of targets)
    if (key.length * 3 > MOST_KEY_BYTES && utf8Length(key) > MOST_KEY_BYTES) throw tooLong(key)
  const bypass = headers['x-amz-bypass-governance-retention']?.toLowerCase() === 'true'
  return { items: targets.length, run: (faults) => run({ targets, quiet }, container, traits, bypass, faults) }
}

function readOrRefuse(body: Uint8Array): DeleteDocument {
  try {
    return readDelete(body)
  } catch {
    throw refusal('MalformedXML')
  }
}

/** The refusal of a key that is too long. */
export const tooLong = (key: string): Refusal =>
  refusal('KeyTooLongError', { Size: String(utf8Length(key)), MaxSizeAllowed: String(MOST_KEY_BYTES) })

function run(
  { targets, quiet }: DeleteDocument,
  container: Container,
  traits: S3Traits,
  bypass: boolean,
  faults: KeyFaults,
): Outgoing {
  const entries: string[] = []
  for (const target of targets) {
    const code = faults.failure() ?? refusedFor(target, container, traits)
    const entry = code === undefined ? deleteOne(target, container, traits, bypass, quiet) : errorEntry(target, code)
    if (!faults.leavesOut()) entries.push(entry)
  }
  const body = entries.join('')
  if (traits.quietIsEmpty && quiet && body === '') return { status: 200, headers: {}, body }
  return xmlAnswer(200, `<DeleteResult xmlns="${NAMESPACE}">${body}</DeleteResult>`)
}

function refusedFor(target: Target, container: Container, { versionId, conditions }: S3Traits): string | undefined {
  if (target.versionId !== undefined && versionId?.test(target.versionId) === false) return 'InvalidArgument'
  return conditions === 'honoured' ? conditionFailure(target, container) : undefined
}

const errorEntry = ({ key, versionId }: Target, code: string): string =>
  `<Error>${xmlElements({ Key: key, VersionId: versionId, Code: code, Message: messageOf(code) })}</Error>`

function deleteOne(target: Target, container: Container, traits: S3Traits, bypass: boolean, quiet: boolean): string {
  const { key, versionId } = target
  const kept = traits.conditions === 'silent' && conditionFailure(target, container) !== undefined
  const removal = kept ? undefined : container.remove(key, versionId, bypass)
  if (removal?.kind === 'locked') return errorEntry(target, 'AccessDenied')
  if (quiet) return ''
  const unversioned = traits.namesNullVersion && container.versioning === 'off' ? 'null' : undefined
  return `<Deleted><Key>${xmlText(key)}</Key>${
    xmlElements({ VersionId: versionId ?? unversioned }) +
    (removal?.kind === 'marked' ? markerElements(removal.marker) : '') +
    (removal?.kind === 'removed' && removal.wasMarker ? markerElements(versionId) : '')
  }</Deleted>`
}

const markerElements = (marker: string | undefined): string =>
  xmlElements({ DeleteMarker: true, DeleteMarkerVersionId: marker })
