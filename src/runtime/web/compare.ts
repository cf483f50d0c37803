import type { Compare } from '../compare.js'

const WORD = 4

export const isSame: Compare['isSame'] = (first, second) => {
  const { length } = first
  if (length !== second.length) return false
  if (length < WORD) return first.every((byte, index) => byte === second[index])
  const one = new DataView(first.buffer, first.byteOffset, length)
  const other = new DataView(second.buffer, second.byteOffset, length)
  const last = length - WORD
  return haveSameWords(one, other, last) && one.getInt32(last) === other.getInt32(last)
}

// Nothing but the loop, so that it is compiled for good while it first runs.
function haveSameWords(one: DataView, other: DataView, end: number): boolean {
  for (let at = 0; at < end; at += WORD) if (one.getInt32(at, true) !== other.getInt32(at, true)) return false
  return true
}
