import { encoder, isWellFormed, utf8Length, WIDEST } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Room, Whole } from '../operation.js'
import { asManyAsFit } from './fitting.js'

/** What stands around the keys of a body, and what a key cannot have in it as it is. */
export interface Frame {
  readonly head: string
  /** Of ASCII, as is `tail`. */
  readonly between: string
  readonly tail: string
  /** Printable characters of ASCII. */
  readonly special: readonly string[]
  /** Characters beyond ASCII. */
  readonly specialBeyond?: readonly string[]
}

/**
 * A body with as many of the keys as fit, written in one go; undefined where one of them has control characters, half a
 * surrogate pair or something special in it, is empty or longer than `longestKey` bytes, or where not even one fits.
 */
export function wholeText(
  keys: readonly string[],
  longestKey: number,
  frame: Frame,
  { mostBytes, lend }: Room,
): Whole | undefined {
  const { head, between, tail, special, specialBeyond = [] } = frame
  // What stands between two keys as well must be looked for in each of them, the rest in all at once.
  const marks = special.filter((char) => between.includes(char))
  const others = special.filter((char) => !between.includes(char))
  return asManyAsFit(keys, head.length + tail.length - between.length, between.length, mostBytes, (some) => {
    for (const key of some) {
      if (key.length === 0 || key.length > longestKey) return undefined
      for (const mark of marks) if (key.includes(mark)) return undefined
    }
    // They are joined once, and copied once.
    const list = some.join(between)
    if (others.some((char) => list.includes(char))) return undefined
    // The first key is a good guess at what the others are like.
    let whole = isAscii(some[0] as string) ? framed(list, list.length, frame, lend) : undefined
    if (!whole) {
      if (!isWellFormed(list) || specialBeyond.some((char) => list.includes(char))) return undefined
      if (some.some((key) => key.length * WIDEST > longestKey && utf8Length(key) > longestKey)) return undefined
      whole = framed(list, WIDEST * list.length, frame, lend)
    }
    return whole && !hasControls(whole.body) ? whole : undefined
  })
}

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text)

/** The body, if the list takes at most so many bytes. */
function framed(list: string, most: number, { head, tail }: Frame, lend: Lend) {
  const memory = lend(WIDEST * head.length + most + tail.length + WORD)
  const start = encoder.encodeInto(head, memory).written
  const { read, written } = encoder.encodeInto(list, memory.subarray(start, start + most))
  if (read < list.length) return undefined
  const end = start + written
  encoder.encodeInto(tail, memory.subarray(end))
  memory.set(BLANKS, end + tail.length)
  return { body: memory.subarray(0, end + tail.length) }
}

const WORD = 4
const BLANKS: Bytes = encoder.encode(' '.repeat(WORD))

/** Whether there is a control character; four bytes at a time, twice as fast as a pattern. Blanks must follow. */
function hasControls({ buffer, byteOffset, length }: Bytes): boolean {
  return haveControls(new Int32Array(buffer, byteOffset, Math.ceil(length / WORD)))
}

// Nothing but the loop, so that it is compiled for good while it first runs.
function haveControls(words: Int32Array): boolean {
  let borrows = 0
  // Subtracting a blank from a byte below it borrows, which sets the top bit; only bytes beyond ASCII have it set before.
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as number
    borrows |= (word - 0x20202020) & ~word
  }
  return (borrows & 0x80808080) !== 0
}
