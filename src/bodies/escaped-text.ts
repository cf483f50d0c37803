import { isWellFormed, utf8, viewOf, WIDEST } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Room, Whole } from '../operation.js'
import { asManyAsFit } from './fitting.js'
import type { Frame } from './whole-text.js'
import { escapeInto, LONGEST_REFERENCE, OVERHANG } from './xml-references.js'

/** Stand for what is between two texts, and between the columns of one, while they are joined. */
const BETWEEN = '\0'
const BETWEEN_COLUMNS = '\x01'
/** What is left as it is, what stands for a mark, and what XML 1.0 cannot say or its version 1.1 takes for a line end. */
const UNFIT = [...'<\0\x01\x85\u2028\ufffe\uffff']

const encoder = new TextEncoder()

/**
 * A body of XML with as many texts as fit, in which references are written where they are needed. Undefined where a text
 * holds a `<` or what XML cannot say, or where not even one fits.
 *
 * @param columns The texts, or the two parts of each: all the first ones, all the second ones.
 * @param between What stands between the two parts.
 */
export function escapedText(
  columns: readonly [readonly string[], (readonly string[])?],
  between: string,
  frame: Frame,
  { mostBytes, lend }: Room,
): Whole | undefined {
  const [first, second] = columns
  const all = [...first, ...(second ?? [])].join('')
  if (!isWellFormed(all) || UNFIT.some((char) => all.includes(char))) return undefined
  const texts = second ? first.map((text, row) => text + BETWEEN_COLUMNS + second[row]) : first
  const marks = [utf8(frame.between), utf8(between)]
  return asManyAsFit(texts.length, mostBytes, (count) => framed(texts.slice(0, count), frame, marks, lend))
}

/** The texts are written to the end of the memory before they are escaped. */
function framed(
  texts: readonly string[],
  { head, tail }: Frame,
  marks: readonly Bytes[],
  lend: Lend,
): { body: Bytes } | undefined {
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
    if (end === undefined) return undefined
    return { body: memory.subarray(0, end + encoder.encodeInto(tail, memory.subarray(end)).written) }
  }
}
