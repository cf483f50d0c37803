// What a test framework would offer, in plain JavaScript: the suite runs where there is none.

/** Fails unless both are the same as JSON, whatever the order of their members. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [canonical(actual), canonical(expected)]
  if (left !== right) throw new Error(`${what}: ${shown(left)} instead of ${shown(right)}`)
}

export function ok(value: unknown, what: string): asserts value {
  if (!value) throw new Error(what)
}

const canonical = (value: unknown): string => JSON.stringify(value, sorted) ?? 'nothing'

const sorted = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

const shown = (json: string) => (json.length > 300 ? `${json.slice(0, 300)}…` : json)
