import { isWellFormed } from './bytes.js'
import { describe } from './untrusted.js'

// To be imported as `check`: each function throws a TypeError or RangeError that names the option and the type of its value.

export function object(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mistyped(name, 'an object', value)
}

/** An option that is not heeded because it is misspelt can mean that too much is deleted. */
export function names(options: object, known: readonly string[], within = ''): void {
  const stray = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name))
  if (stray) throw new TypeError(`${within}${stray[0]} is no option here; there are ${known.join(', ')}`)
}

function aFunction(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'function') throw mistyped(name, 'a function', value)
}

export function boolean(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'boolean') throw mistyped(name, 'a boolean', value)
}

export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw mistyped(name, 'a string', value)
  if (value === '') throw new RangeError(`${name} must not be empty`)
  if (!isWellFormed(value)) throw new RangeError(`${name} must not hold half a surrogate pair`)
  return value
}

export function region(value: unknown): void {
  if (!/^[\w.-]+$/.test(text(value, 'region')))
    throw new RangeError('region must be letters, digits, hyphens, dots and underscores')
}

export function oneOf(value: unknown, choices: readonly string[], name: string): void {
  if (value === undefined) return
  if (typeof value !== 'string') throw mistyped(name, 'a string', value)
  if (!choices.includes(value)) throw new RangeError(`${name} must be one of ${choices.join(', ')}`)
}

export function number(
  value: unknown,
  name: string,
  { from, to = Number.MAX_SAFE_INTEGER, whole = true }: Range,
): void {
  if (value === undefined) return
  if (typeof value !== 'number') throw mistyped(name, 'a number', value)
  if (value >= from && value <= to && (!whole || Number.isInteger(value))) return
  const range = to === Number.MAX_SAFE_INTEGER ? `of ${from} or more` : `from ${from} to ${to}`
  throw new RangeError(`${name} must be a ${whole ? 'whole ' : ''}number ${range}`)
}

export { aFunction as function }

interface Range {
  readonly from: number
  readonly to?: number
  readonly whole?: boolean
}

/** That an option is of another type than it must be. */
export const mistyped = (name: string, expected: string, value: unknown): TypeError =>
  new TypeError(`${name} must be ${expected}, not ${describe(value)}`)
