import { utf8Length, WIDEST } from '../bytes.js'
import type { Room, Whole } from '../operation.js'
import { asManyAsFit } from './fitting.js'

/** Between two keys are two quotes and a comma, at least. */
const LEAST_BETWEEN = 3

/**
 * A body with as many of the keys as fit, of the list that is given as JSON; undefined where one of them is empty, longer
 * than `longestKey` bytes of UTF-8, or holds half a surrogate pair, or where not even one fits.
 */
export function wholeJson(
  keys: readonly string[],
  longestKey: number,
  { mostBytes }: Room,
  body: (list: string) => Pick<Whole, 'body' | 'list'>,
): Whole | undefined {
  let most = 0
  let least = 0
  for (const key of keys) {
    if (key.length === 0 || (key.length * WIDEST > longestKey && utf8Length(key) > longestKey)) return undefined
    least += key.length + LEAST_BETWEEN
    if (least > mostBytes) break
    most++
  }
  return asManyAsFit(most, mostBytes, (count) => {
    const list = JSON.stringify(count < keys.length ? keys.slice(0, count) : keys)
    // How JSON spells half a pair.
    return list.includes('\\ud') ? undefined : body(list)
  })
}
