import { mistyped } from '../check.js'

/** What a number must be. */
export interface Measure {
  readonly what: string
  readonly holds: (value: number) => boolean
}

export const PROBABILITY: Measure = { what: 'a probability from 0 to 1', holds: (value) => value >= 0 && value <= 1 }
export const FINITE: Measure = { what: 'finite', holds: Number.isFinite }
export const RATE: Measure = { what: 'finite and more than 0', holds: (value) => value > 0 && Number.isFinite(value) }
export const COUNT: Measure = {
  what: 'whole and more than 0',
  holds: (value) => value > 0 && Number.isSafeInteger(value),
}
/** What a timer can wait. */
export const WAIT: Measure = { what: 'from 0 to 2147483647', holds: (value) => value >= 0 && value < 2 ** 31 }
/** Ahead or behind, by as much as leaves a date. */
export const SHIFT: Measure = { what: 'less than 8e15 either way', holds: (value) => Math.abs(value) < 8e15 }

/** Throws unless it is a number of this kind. */
export function checkNumber(value: unknown, path: string, { what, holds }: Measure): asserts value is number {
  if (typeof value !== 'number') throw mistyped(path, 'a number', value)
  if (!holds(value)) throw new RangeError(`${path} must be ${what}, not ${value}`)
}
