import { utf8Length } from '../bytes.js'
import type { Lend, Room, Whole } from '../operation.js'

/** How a list of keys is written. */
interface Style {
  /** Of the keys, as JSON. */
  list(keys: readonly string[]): string
  body(list: string, lend: Lend): Pick<Whole, 'body' | 'list'>
}

/** Between two keys are two quotes and a comma, at least. */
const LEAST_BETWEEN = 3
/** A character takes at most so many bytes of UTF-8. */
export const WIDEST = 3

/**
 * A body with as many of the keys as fit; undefined where one of them is empty, longer than `longestKey` bytes of UTF-8, or
 * holds half a surrogate pair, or where not even one fits.
 */
export function wholeJson(
  keys: readonly string[],
  longestKey: number,
  { mostBytes, lend }: Room,
  style: Style,
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
    const written = style.body(list, lend)
    const bytes = written.body.length
    if (bytes <= mostBytes) return { ...written, count }
    // As many as would fit if all were equally long; fewer, where that was tried.
    count = Math.min(Math.floor((count * mostBytes) / bytes), Math.floor(share * count))
    share = 0.98
  }
  return undefined
}
