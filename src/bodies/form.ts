import { percentEncode, utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, PlainBody } from '../operation.js'

// Form bodies of one field, percent-encoded as RFC 3986 has it (a space is `%20`), which is how Alibaba signs them.

export const formField = (name: string, value: string): Bytes => utf8(`${name}=${percentEncode(value)}`)

const LIST = '%5B'
const LIST_END = '%5D'
const BETWEEN = '%2C'

/** Bytes of a list's field around its members, beside the field's name. */
export const LIST_BYTES = `=${LIST}${LIST_END}`.length
/** Bytes between two members of a list. */
export const BETWEEN_BYTES = BETWEEN.length

/** A value as a member of a list. */
export const listMember = (value: unknown): string => percentEncode(JSON.stringify(value))

/** A JSON array of such members, as Alibaba's batch calls want it. */
export const formList = (name: string, members: readonly string[]): Bytes =>
  utf8(`${name}=${LIST}${members.join(BETWEEN)}${LIST_END}`)

/** What becomes of a byte: it ends a key, stays, is escaped, or is none that a plain key has. */
const NOT_PLAIN = 0
const STAYS = 1
const ESCAPED = 2
const ENDS_KEY = 3
const FATE = new Uint8Array(256)
for (let byte = 0x20; byte < 0x7f; byte++) FATE[byte] = /[\w.~-]/.test(String.fromCharCode(byte)) ? STAYS : ESCAPED
const LINE_FEED = 0x0a
FATE[LINE_FEED] = ENDS_KEY
// JSON spells these otherwise.
for (const byte of utf8('"\\')) FATE[byte] = NOT_PLAIN

const PERCENT = 0x25
const HEX = utf8('0123456789ABCDEF')
const QUOTE = '%22'
const BETWEEN_KEYS = utf8(QUOTE + BETWEEN + QUOTE)
const AFTER_KEYS = utf8(QUOTE + LIST_END)
const encoder = new TextEncoder()

/**
 * The list's field for as many of the keys as fit into `mostBytes`, written byte by byte in one pass; undefined where a key
 * is not of printable ASCII, has a `"` or a `\`, is empty, or is longer than `longestKey`.
 */
export function plainFormList(
  name: string,
  keys: readonly string[],
  { mostBytes, longestKey }: { mostBytes: number; longestKey: number },
  lend: Lend,
): PlainBody | undefined {
  for (const { length } of keys) if (length === 0 || length > longestKey) return undefined
  const lines = keys.join('\n')
  const head = utf8(`${name}=${LIST}${QUOTE}`)
  // What is read stands at the end of the memory, where what is written cannot overtake it.
  const memory = lend(head.length + 3 * lines.length + BETWEEN_KEYS.length * keys.length + AFTER_KEYS.length)
  const from = memory.length - lines.length
  const { read, written } = encoder.encodeInto(lines, memory.subarray(from))
  if (read !== lines.length || written !== lines.length) return undefined
  memory.set(head)
  let at = head.length
  let end = at
  let count = 0
  let index = from
  for (; index <= memory.length; index++) {
    const byte = index < memory.length ? (memory[index] as number) : LINE_FEED
    const fate = FATE[byte]
    if (fate === STAYS) memory[at++] = byte
    else if (fate === ESCAPED) {
      memory[at++] = PERCENT
      memory[at++] = HEX[byte >> 4] as number
      memory[at++] = HEX[byte & 15] as number
    } else if (fate === NOT_PLAIN) return undefined
    else {
      if (at + AFTER_KEYS.length > mostBytes) break
      end = at
      count++
      if (index < memory.length) for (const each of BETWEEN_KEYS) memory[at++] = each
    }
  }
  const isWhole = index > memory.length
  // A line feed may also stand in a key; then there are more ends than keys.
  if (count === 0 || (isWhole ? count !== keys.length : keys.some((key) => key.includes('\n')))) return undefined
  memory.set(AFTER_KEYS, end)
  return { body: memory.subarray(0, end + AFTER_KEYS.length), count }
}
