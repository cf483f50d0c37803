import { notImplemented, refusal } from './s3-answers.js'

/** A part of an object: its first byte, and the one behind its last. */
export interface Part {
  readonly start: number
  readonly end: number
}

/** The part a `Range` asks for; undefined for the whole, as where it is no range, which HTTP wants ignored. */
export function partOf(range: string | undefined, size: number): Part | undefined {
  if (range?.includes(',')) throw notImplemented('several ranges')
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  if (start >= size) throw refusal('InvalidRange', { RangeRequested: String(range), ActualObjectSize: String(size) })
  return { start, end: first === '' || last === '' ? size : Math.min(Number(last) + 1, size) }
}
