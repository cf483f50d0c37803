import { utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'
import { keyOf, versionOf } from '../items.js'
import type { Room, Whole } from '../operation.js'
import { escapedText } from './escaped-text.js'
import { fits } from './fitting.js'
import { type Frame, wholeText } from './whole-text.js'
import { xmlText } from './xml-text.js'

/** One `Object` element of a DeleteObjects request. */
export interface XmlObject {
  readonly key: string
  readonly versionId?: string
  /** With its quotes, as the store gave it. */
  readonly eTag?: string
  readonly lastModified?: Date
  readonly size?: number
}

// Compact, with the namespace: Garage refuses whitespace between elements, and expects `true` in lower case.
const HEAD = '<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
const QUIET = '<Quiet>true</Quiet>'
const TAIL = '</Delete>'
const OBJECT = '<Object><Key>'
const OBJECT_END = '</Key></Object>'

/** Bytes of the body around its objects, with `Quiet`. */
export const ENVELOPE_BYTES: number = HEAD.length + QUIET.length + TAIL.length

const VERSION = '</Key><VersionId>'
const VERSION_END = '</VersionId></Object>'

const FRAME: Frame = {
  head: HEAD + OBJECT,
  between: OBJECT_END + OBJECT,
  tail: OBJECT_END + TAIL,
  special: ['<', '>', '&'],
  specialBeyond: ['\x85', '\u2028', '\ufffe', '\uffff'],
}
// Tags of its own stand inside of each text; `isPlainVersion` has looked for others.
const VERSION_FRAME: Frame = { ...FRAME, between: VERSION_END + OBJECT, tail: VERSION_END + TAIL, special: ['&'] }

const QUIET_FRAME: Frame = { ...FRAME, tail: OBJECT_END + QUIET + TAIL }
const QUIET_VERSION_FRAME: Frame = { ...VERSION_FRAME, tail: VERSION_END + QUIET + TAIL }

/** A key, with a version or without one. */
export type PlainObject = string | Pick<XmlObject, 'key' | 'versionId'>

/** A key with a version. */
export type Version = Required<Exclude<PlainObject, string>>

/**
 * The same body for as many of the items as fit. Undefined where some have versions and others have none, or where one is
 * empty, too long, or holds a `<`, what XML cannot say, or a line end of XML 1.1.
 */
export function wholeDeleteXml(
  items: readonly PlainObject[],
  quiet: boolean,
  longestKey: number,
  room: Room,
): Whole | undefined {
  const keys = keysOf(items)
  if (keys) {
    const frame = quiet ? QUIET_FRAME : FRAME
    const whole = wholeText(keys, longestKey, frame, room)
    return whole ?? (keys.every((key) => fits(key, longestKey)) ? escapedText(keys, undefined, frame, room) : undefined)
  }
  if (!items.every((item) => versionOf(item) !== undefined && fits(keyOf(item), longestKey))) return undefined
  const versions = items as readonly Version[]
  const frame = quiet ? QUIET_VERSION_FRAME : VERSION_FRAME
  const isPlain = versions.every(({ key, versionId }) => isPlainText(key) && isPlainText(versionId))
  const whole = isPlain ? wholeText(versionTexts(versions), Number.POSITIVE_INFINITY, frame, room) : undefined
  if (whole) return whole
  const second = { before: VERSION, parts: versions.map(({ versionId }) => versionId) }
  return escapedText(items.map(keyOf), second, frame, room)
}

const isPlainText = (text: string): boolean => !text.includes('<') && !text.includes('>')

/** The keys themselves; undefined where one of them has a version. */
export function keysOf(items: readonly PlainObject[]): readonly string[] | undefined {
  if (items.every((item) => typeof item === 'string')) return items
  return items.every((item) => versionOf(item) === undefined) ? items.map(keyOf) : undefined
}

/** Each key with its version, as they stand from `<Key>` to `</VersionId>`. */
export const versionTexts = (items: readonly Version[]): readonly string[] =>
  items.map(({ key, versionId }) => key + VERSION + versionId)

/** The body of S3 DeleteObjects. `Quiet` is left out rather than sent as false: some stores only look for the element. */
export const deleteXml = (objects: readonly string[], quiet: boolean): Bytes =>
  utf8(HEAD + objects.join('') + (quiet ? QUIET + TAIL : TAIL))

/** One `Object` element, its parts in the order in which the AWS SDKs write them; the date as IMF-fixdate, in whole seconds. */
export function objectXml(object: string | XmlObject): string {
  if (typeof object === 'string') return OBJECT + xmlText(object) + OBJECT_END
  const { key, versionId, eTag, lastModified, size } = object
  let xml = `<Object><Key>${xmlText(key)}</Key>`
  if (versionId !== undefined) xml += `<VersionId>${xmlText(versionId)}</VersionId>`
  if (eTag !== undefined) xml += `<ETag>${xmlText(eTag)}</ETag>`
  if (lastModified !== undefined) xml += `<LastModifiedTime>${lastModified.toUTCString()}</LastModifiedTime>`
  if (size !== undefined) xml += `<Size>${size}</Size>`
  return `${xml}</Object>`
}
