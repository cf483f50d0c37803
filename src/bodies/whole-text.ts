import type { Bytes } from '../http.js'
import type { Room, Whole } from '../operation.js'

/** What stands around the keys of a body, all of ASCII. */
export interface Frame {
  readonly head: string
  readonly between: string
  readonly tail: string
  /** Printable characters that a key cannot have in it as they are. */
  readonly special: readonly string[]
}

const encoder = new TextEncoder()

/**
 * A body with as many of the keys as fit, written in one go; undefined where a key is not of printable ASCII, has something
 * special in it, is empty or longer than `longestKey`, or where not even one fits.
 */
export function wholeText(
  keys: readonly string[],
  longestKey: number,
  { head, between, tail, special }: Frame,
  { mostBytes, lend }: Room,
): Whole | undefined {
  // What stands between two keys as well must be looked for in each of them, the rest in all at once.
  const marks = special.filter((char) => between.includes(char))
  let bytes = head.length + tail.length - between.length
  let count = 0
  for (const key of keys) {
    if (key.length === 0 || key.length > longestKey) return undefined
    for (const mark of marks) if (key.includes(mark)) return undefined
    bytes += key.length + between.length
    if (bytes > mostBytes) break
    count++
  }
  if (count === 0) return undefined
  // The keys are joined once, and copied once.
  const list = (count < keys.length ? keys.slice(0, count) : keys).join(between)
  if (special.some((char) => !marks.includes(char) && list.includes(char))) return undefined
  const end = head.length + list.length
  const length = end + tail.length
  const memory = lend(length + WORD)
  encoder.encodeInto(head, memory)
  // There is a byte for each character, so what is not of ASCII does not fit.
  const { read, written } = encoder.encodeInto(list, memory.subarray(head.length, end))
  encoder.encodeInto(tail, memory.subarray(end))
  memory.set(BLANKS, length)
  if (read < list.length || hasControls(memory, length)) return undefined
  return { body: memory.subarray(0, length), count, list: memory.subarray(head.length, head.length + written) }
}

const WORD = 4
const BLANKS: Bytes = encoder.encode(' '.repeat(WORD))

/** Whether one of the leading bytes, all of ASCII, is a control character; four at a time, twice as fast as a pattern. */
function hasControls({ buffer, byteOffset }: Bytes, length: number): boolean {
  const words = new Int32Array(buffer, byteOffset, Math.ceil(length / WORD))
  let borrows = 0
  // Subtracting a blank from a byte below it borrows, which sets the top bit; a byte of ASCII has it clear.
  for (let index = 0; index < words.length; index++) borrows |= (words[index] as number) - 0x20202020
  return (borrows & 0x80808080) !== 0
}
