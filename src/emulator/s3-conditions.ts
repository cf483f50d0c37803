import { md5 } from '#runtime/checksum'
import { hex } from '../bytes.js'
import { bytesOf, type Container, sizeOf, type Version } from './container.js'
import type { Incoming } from './exchange.js'
import { notImplemented, refusal } from './s3-answers.js'
import type { Target } from './s3-xml.js'

/** The entity tag, with its quotes. */
export const eTagOf = (version: Version): string => `"${hex(md5(bytesOf(version)))}"`

/** Why an object is not the one described; undefined where it is, or nothing was described. */
export function conditionFailure(target: Target, container: Container): string | undefined {
  const { key, eTag, lastModified, size } = target
  if (eTag === undefined && lastModified === undefined && size === undefined) return undefined
  const version = container.get(key)
  if (!version) return 'NoSuchKey'
  const isSame =
    (eTag === undefined || eTag === '*' || unquoted(eTag) === unquoted(eTagOf(version))) &&
    (lastModified === undefined || seconds(lastModified) === Math.floor(version.modified / 1000)) &&
    (size === undefined || Number(size) === sizeOf(version))
  return isSame ? undefined : 'PreconditionFailed'
}

/** Refuses a read of an object that is not the one described; true where the reader has it already. */
export function isKnown({ headers }: Incoming, version: Version): boolean {
  const modified = Math.floor(version.modified / 1000)
  const { 'if-match': wanted, 'if-none-match': known } = headers
  const { 'if-unmodified-since': latest, 'if-modified-since': earliest } = headers
  const isOther = wanted === undefined ? latest !== undefined && seconds(latest) < modified : !names(wanted, version)
  if (isOther) throw refusal('PreconditionFailed')
  return known === undefined ? earliest !== undefined && seconds(earliest) >= modified : names(known, version)
}

/** Refuses a write or a deletion of an object that is not the one described; that all stores do so, as AWS does, is assumed. */
export function checkDescribed({ method, headers }: Incoming, key: string, container: Container): void {
  const { 'if-match': eTag, 'if-none-match': absent } = headers
  for (const name of ['if-modified-since', 'if-unmodified-since'])
    if (headers[name] !== undefined) throw notImplemented(`${name} with ${method}`)
  if (absent !== undefined && (absent !== '*' || method !== 'PUT'))
    throw notImplemented(`if-none-match: ${absent} with ${method}`)
  if (absent !== undefined && container.get(key)) throw refusal('PreconditionFailed')
  const { 'x-amz-if-match-last-modified-time': lastModified, 'x-amz-if-match-size': size } = headers
  const failure = conditionFailure({ key, eTag, lastModified, size }, container)
  if (failure !== undefined) throw refusal(failure)
}

/** Whether one of the entity tags in a header, or `*`, is this version's. */
function names(list: string, version: Version): boolean {
  const own = unquoted(eTagOf(version))
  return list.split(',').some((tag) => tag.trim() === '*' || unquoted(tag.trim().replace(/^W\//, '')) === own)
}

const unquoted = (eTag: string): string => eTag.replace(/^"|"$/g, '')

/** Whole seconds since 1970 of an HTTP date, or of plain seconds. */
const seconds = (date: string): number => (/^\d+$/.test(date) ? Number(date) : Math.floor(Date.parse(date) / 1000))
