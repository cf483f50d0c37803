import { encoder, isWellFormed, utf8, utf8Length, viewOf, WIDEST } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Room, Whole } from '../operation.js'
import { asManyAsFit } from './fitting.js'
import type { Frame } from './whole-text.js'
import { escapeInto, LONGEST_REFERENCE, OVERHANG } from './xml-references.js'

/** Stand for what is between two texts, and before the second part of one, while they are joined. */
const BETWEEN = '\0'
const BEFORE_SECOND = '\x01'
/** What is left as it is, what stands for a mark, and what XML 1.0 cannot say or its version 1.1 takes for a line end. */
const UNFIT = [...'<\0\x01\x85\u2028\ufffe\uffff']

/** A second part of each text, and what stands before it. */
interface SecondParts {
  readonly before: string
  readonly parts: readonly string[]
}

/**
 * A body of XML with as many texts as fit, in which references are written where they are needed. Undefined where a text
 * holds a `<`, what XML cannot say, or a line end of XML 1.1, or where not even one fits. It is for the caller to see to it
 * that none is empty, and none too long.
 */
export function escapedText(
  texts: readonly string[],
  second: SecondParts | undefined,
  frame: Frame,
  { mostBytes, lend }: Room,
): Whole | undefined {
  const { head, between, tail } = frame
  const whole = second ? texts.map((text, index) => text + BEFORE_SECOND + second.parts[index]) : texts
  const marks = [utf8(between), utf8(second?.before ?? '')]
  return asManyAsFit(whole, head.length + tail.length - between.length, between.length, mostBytes, (some) => {
    // With something between them, or a half of a surrogate pair could find its other half in the next text.
    const all = [texts, second?.parts ?? []].flatMap((parts) => parts.slice(0, some.length)).join('\n')
    if (!isWellFormed(all) || UNFIT.some((char) => all.includes(char))) return undefined
    return framed(some, frame, marks, lend)
  })
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
  for (let bytes = list.length; ; bytes = utf8Length(list)) {
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
