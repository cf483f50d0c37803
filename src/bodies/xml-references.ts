import { utf8, viewOf } from '../bytes.js'
import type { Bytes } from '../http.js'

// Text of XML as bytes, written and read with its references: as strings, each would cost as much as twenty characters.

const WORD = 4
const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const NUMBER_SIGN = 0x23
const SMALL_X = 0x78
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
const RETURN = 0x0d
const BLANK = 0x20

/** What is written as a reference; the longest has a semicolon after its first word. */
const WRITTEN: readonly (readonly [char: string, reference: string])[] = [
  ['&', '&amp;'],
  ['>', '&gt;'],
  ['\t', '&#x9;'],
  ['\n', '&#xA;'],
  ['\r', '&#xD;'],
]
export const LONGEST_REFERENCE = 5
/** Bytes that must be left in the target after what is escaped: each character writes a word, and a semicolon behind it. */
export const OVERHANG = 5

/**
 * Writes the leading `length` bytes of `source` to `target`, from `at` on; U+0000 and U+0001 as the first and second of
 * `marks`. Gives the end of what is written; undefined where there is another control character. A `<` is left as it is.
 */
export const escapeInto: (
  source: DataView,
  length: number,
  target: Bytes,
  at: number,
  marks: readonly Bytes[],
) => number | undefined = escaper()

/** The tables are constants of a function: those of a module become variables in a bundle, which are looked up each time. */
function escaper() {
  const [word, semicolon] = [WORD, SEMICOLON]
  const lengths = new Uint8Array(256).fill(1).fill(0, 0, BLANK)
  const beginnings = Uint32Array.from({ length: 256 }, (_, byte) => byte)
  for (const [char, reference] of WRITTEN) {
    const byte = char.charCodeAt(0)
    lengths[byte] = reference.length
    beginnings[byte] = viewOf(utf8(reference)).getUint32(0, true)
  }
  return (source: DataView, length: number, target: Bytes, at: number, marks: readonly Bytes[]): number | undefined => {
    const view = viewOf(target)
    let end = at
    for (let index = 0; index < length; index++) {
      const byte = source.getUint8(index)
      const size = lengths[byte] as number
      if (size > 0) {
        view.setUint32(end, beginnings[byte] as number, true)
        view.setUint8(end + word, semicolon)
        end += size
      } else {
        const mark = marks[byte]
        if (mark === undefined) return undefined
        target.set(mark, end)
        end += mark.length
      }
    }
    return end
  }
}

/** Where there is no reference that could be read. */
const NONE = -1
const LAST_POINT = 0x10ffff

/**
 * Writes what `source` says to `target`, which must have as many bytes; tags stay. Gives its length. Undefined where something
 * is no reference, or one to `<`, which then could not be told from a tag, where one is in a tag, or where there is a CR, which
 * XML reads as LF.
 */
export function unescapeInto(source: Bytes, target: Bytes): number | undefined {
  const from = viewOf(source)
  const to = viewOf(target)
  let end = 0
  let isInTag = false
  for (let at = 0; at < from.byteLength; ) {
    const byte = from.getUint8(at)
    if (byte === AMPERSAND) {
      const read = isInTag ? NONE : referenceAt(from, at)
      if (read === NONE) return undefined
      at += lengthOf(read)
      end = putCharacter(pointOf(read), to, end)
      continue
    }
    if (byte === RETURN) return undefined
    if (byte === LESS_THAN) isInTag = true
    if (byte === GREATER_THAN) isInTag = false
    to.setUint8(end++, byte)
    at++
  }
  return end
}

// A reference as one number: its character, and below it its length.
const said = (point: number, length: number): number => point * 64 + length
const pointOf = (read: number): number => read >>> 6
const lengthOf = (read: number): number => read & 63
/** Longer ones begin with many zeros. */
const LONGEST = 63

const wordOf = (text: string): number => viewOf(utf8(text)).getUint32(0, true)
const AMP = wordOf('amp;')
const QUOT = wordOf('quot')
const APOS = wordOf('apos')
const GT = wordOf('gt;\0')
const GT_MASK = 0xffffff

function referenceAt(source: DataView, at: number): number {
  // An answer goes on for longer after its last reference.
  if (at + 1 + WORD >= source.byteLength) return NONE
  const word = source.getUint32(at + 1, true)
  if (word === AMP) return said(AMPERSAND, 5)
  if ((word & 0xff) === NUMBER_SIGN) return numberAt(source, at)
  if ((word & GT_MASK) === GT) return said(GREATER_THAN, 4)
  if (source.getUint8(at + 1 + WORD) !== SEMICOLON) return NONE
  return word === QUOT ? said(0x22, 6) : word === APOS ? said(0x27, 6) : NONE
}

function numberAt(source: DataView, start: number): number {
  const base = source.getUint8(start + 2) === SMALL_X ? 16 : 10
  const first = base === 16 ? start + 3 : start + 2
  let point = 0
  for (let at = first; at < Math.min(source.byteLength, start + LONGEST); at++) {
    const byte = source.getUint8(at)
    if (byte === SEMICOLON) return at === first || isNoCharacter(point) ? NONE : said(point, at + 1 - start)
    const digit = digitOf(byte)
    point = point * base + digit
    if (digit >= base || point > LAST_POINT) return NONE
  }
  return NONE
}

/** Half a surrogate pair, or what could not be told from a tag. */
const isNoCharacter = (point: number): boolean => (point >= 0xd800 && point < 0xe000) || point === LESS_THAN

/** The value of a hexadecimal digit; more than any where it is none. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16
}

/** Gives where it ends. */
function putCharacter(point: number, target: DataView, at: number): number {
  if (point < 0x80) {
    target.setUint8(at, point)
    return at + 1
  }
  const bytes = utf8(String.fromCodePoint(point))
  for (const [index, byte] of bytes.entries()) target.setUint8(at + index, byte)
  return at + bytes.length
}
