// Of values that anyone may have passed: nothing is certain of them, and to look at one can throw.

/** A member of an object; none where it cannot be read. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return (value as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

/** The type of a value, for messages; never the value itself. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof memberOf(value, 'then') === 'function') return 'a Promise; await it'
  return typeof value === 'object' ? 'an object' : typeof value
}
