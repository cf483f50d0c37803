import { utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Whole } from '../operation.js'

/** One `Object` element of a DeleteObjects request. */
export interface XmlObject {
  readonly key: string
  readonly versionId?: string
  /** With its quotes, as the store gave it. */
  readonly eTag?: string
  readonly lastModified?: Date
  readonly size?: number
}

/** Every character that XML 1.0 can carry (its production `Char`); half a surrogate pair is none. */
const XML_TEXT = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

/** Whether XML has a spelling for the string; a key without one can only go in the URL of a single DELETE. */
export const isXmlText = (value: string): boolean => XML_TEXT.test(value)

const SPECIAL = /[&<>\t\n\r\x85\u2028]/
const ALL_SPECIAL = new RegExp(SPECIAL, 'g')
const NAMED = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/**
 * The string as element text. Line ends must be references: a parser reads a raw CR as LF, and another key would be
 * deleted; U+0085 and U+2028 are line ends to XML 1.1.
 */
export const xmlText = (value: string): string =>
  SPECIAL.test(value) ? value.replace(ALL_SPECIAL, (char) => NAMED.get(char) ?? reference(char)) : value

const reference = (char: string): string => `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`

// Compact, with the namespace: Garage refuses whitespace between elements, and expects `true` in lower case.
const HEAD = '<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
const QUIET = '<Quiet>true</Quiet>'
const TAIL = '</Delete>'
const OBJECT = '<Object><Key>'
const OBJECT_END = '</Key></Object>'

/** Bytes of the body around its objects, with `Quiet`. */
export const ENVELOPE_BYTES: number = HEAD.length + QUIET.length + TAIL.length

const BETWEEN = OBJECT_END + OBJECT
const HEAD_BYTES = utf8(HEAD + OBJECT)
const TAIL_BYTES = utf8(OBJECT_END + TAIL)
const QUIET_TAIL_BYTES = utf8(OBJECT_END + QUIET + TAIL)

/**
 * The same body for as many of the keys as fit into `mostBytes`, written in one go; undefined where a key is not of plain
 * ASCII, or is empty or longer than `longestKey`, or where not even one fits.
 */
export function wholeDeleteXml(
  keys: readonly string[],
  quiet: boolean,
  { mostBytes, longestKey }: { mostBytes: number; longestKey: number },
  lend: Lend,
): Whole | undefined {
  let bytes = ENVELOPE_BYTES
  let count = 0
  for (const key of keys) {
    if (key.length === 0 || key.length > longestKey || key.includes('<') || key.includes('>')) return undefined
    bytes += key.length + BETWEEN.length
    if (bytes > mostBytes) break
    count++
  }
  if (count === 0) return undefined
  // The keys are joined once, and copied once; the rest of the body is always the same.
  const objects = (count < keys.length ? keys.slice(0, count) : keys).join(BETWEEN)
  if (objects.includes('&')) return undefined
  const tail = quiet ? QUIET_TAIL_BYTES : TAIL_BYTES
  const end = HEAD_BYTES.length + objects.length
  const memory = lend(end + tail.length + WORD)
  memory.set(HEAD_BYTES)
  // There is a byte for each character, so what is not of ASCII does not fit.
  const { read } = encoder.encodeInto(objects, memory.subarray(HEAD_BYTES.length, end))
  memory.set(tail, end)
  memory.set(BLANKS, end + tail.length)
  if (read < objects.length || hasControls(memory, end + tail.length)) return undefined
  return { body: memory.subarray(0, end + tail.length), count }
}

const WORD = 4
const BLANKS = utf8(' '.repeat(WORD))

/** Whether one of the leading bytes, all of ASCII, is a control character; four at a time, twice as fast as a pattern. */
function hasControls({ buffer, byteOffset }: Bytes, length: number): boolean {
  const words = new Int32Array(buffer, byteOffset, Math.ceil(length / WORD))
  let borrows = 0
  // Subtracting a blank from a byte below it borrows, which sets the top bit; a byte of ASCII has it clear.
  for (let index = 0; index < words.length; index++) borrows |= (words[index] as number) - 0x20202020
  return (borrows & 0x80808080) !== 0
}

const encoder = new TextEncoder()

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
