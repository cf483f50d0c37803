import { utf8Length } from '../bytes.js'
import type { Lend, Whole } from '../operation.js'

interface Limits {
  readonly mostBytes: number
  /** Bytes of UTF-8. */
  readonly longestKey: number
}

/** How a list of keys is written. */
interface Style {
  /** Of the keys, as JSON. */
  list(keys: readonly string[]): string
  /** What stands before the list in the body, the list as it stands there, and what stands after it. */
  body(list: string): readonly [head: string, list: string, tail: string]
}

const encoder = new TextEncoder()
/** Between two keys are two quotes and a comma, at least. */
const LEAST_BETWEEN = 3
/** A character takes at most so many bytes. */
const WIDEST = 3

/**
 * A body with as many of the keys as fit; undefined where one of them is empty, too long, or holds half a surrogate pair,
 * or where not even one fits.
 */
export function wholeJson(
  keys: readonly string[],
  { mostBytes, longestKey }: Limits,
  style: Style,
  lend: Lend,
): Whole | undefined {
  let count = 0
  let least = 0
  for (const key of keys) {
    if (key.length === 0 || (key.length * WIDEST > longestKey && utf8Length(key) > longestKey)) return undefined
    least += key.length + LEAST_BETWEEN
    if (least > mostBytes) break
    count++
  }
  let share = 1
  while (count > 0) {
    const list = style.list(count < keys.length ? keys.slice(0, count) : keys)
    // How JSON spells half a pair.
    if (list.includes('\\ud')) return undefined
    const parts = style.body(list)
    const memory = lend(parts.reduce((bytes, part) => bytes + WIDEST * part.length, 0))
    // One by one: to make one string of them would copy the longest once more.
    let bytes = 0
    for (const part of parts) bytes += encoder.encodeInto(part, memory.subarray(bytes)).written
    if (bytes <= mostBytes) return { body: memory.subarray(0, bytes), count, list }
    // As many as would fit if all were equally long; fewer, where that was tried.
    count = Math.min(Math.floor((count * mostBytes) / bytes), Math.floor(share * count))
    share = 0.98
  }
  return undefined
}
