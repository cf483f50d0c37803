import { utf8, viewOf, WIDEST } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Room, Whole } from '../operation.js'
import { asManyAsFit } from './fitting.js'
import type { Frame } from './whole-text.js'
import { escapeInto, LONGEST_REFERENCE, OVERHANG } from './xml-references.js'

/** Stand for what is between two texts, and between the columns of one, while they are joined. */
const BETWEEN = '\0'
const BETWEEN_COLUMNS = '\x01'
/** What XML 1.0 can say, but for `<` and what its version 1.1 takes for a line end. */
const FIT = /^[\t\n\r\x20-;=-\x84\x86-\u2027\u2029-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

const encoder = new TextEncoder()

/**
 * A body of XML with as many texts as fit, in which references are written where they are needed. Undefined where a text
 * holds a `<` or what XML cannot say, or where not even one fits.
 *
 * @param columns The texts, or the parts of each: all the first ones, all the second ones.
 * @param between What stands between the columns.
 */
export function escapedText(
  columns: readonly [readonly string[], ...(readonly string[])[]],
  between: string,
  frame: Frame,
  { mostBytes, lend }: Room,
): Whole | undefined {
  if (!columns.every((column) => FIT.test(column.join('')))) return undefined
  const [first, ...others] = columns
  const texts = first.map((text, row) => [text, ...others.map((column) => column[row])].join(BETWEEN_COLUMNS))
  const marks = [utf8(frame.between), utf8(between)]
  return asManyAsFit(texts.length, mostBytes, (count) => framed(texts.slice(0, count), frame, marks, lend))
}

/** The texts are written to the end of the memory before they are escaped. */
function framed(texts: readonly string[], { head, tail }: Frame, marks: readonly Bytes[], lend: Lend): { body: Bytes } {
  const list = texts.join(BETWEEN)
  const markBytes = texts.length * marks.reduce((sum, mark) => sum + mark.length, 0)
  // Most texts are of ASCII: a byte for each character.
  for (let bytes = list.length; ; bytes *= WIDEST) {
    const most = WIDEST * head.length + LONGEST_REFERENCE * bytes + markBytes + tail.length + OVERHANG
    const memory = lend(most + bytes)
    const source = memory.subarray(memory.length - bytes)
    const { read, written } = encoder.encodeInto(list, source)
    if (read < list.length) continue
    const start = encoder.encodeInto(head, memory).written
    const end = escapeInto(viewOf(source), written, memory, start, marks)
    return { body: memory.subarray(0, end + encoder.encodeInto(tail, memory.subarray(end)).written) }
  }
}
