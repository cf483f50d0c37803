import { md5 } from '#runtime/checksum'
import { hex } from '../bytes.js'
import { bytesOf, type Container, sizeOf, type Version } from './container.js'
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

const unquoted = (eTag: string): string => eTag.replace(/^"|"$/g, '')

/** Whole seconds since 1970 of an HTTP date, or of plain seconds. */
const seconds = (date: string): number => (/^\d+$/.test(date) ? Number(date) : Math.floor(Date.parse(date) / 1000))
