/**
 * What one invocation hands on to the next. Nearly nothing while all goes well, and tens of kilobytes at a store that is down; at
 * worst, where every key fails, an index for each key that an invocation can send: 45,000 in this example, some 300 kB. A message
 * of a queue may hold less. Keep it in KV or R2, and hand on where it is.
 */
export interface Handover {
  /** The index of the first key that nobody has taken yet. */
  readonly from: number
  /** The indices of keys before that which still have to go. */
  readonly again: readonly number[]
}

/** Reads it as JSON. Undefined where no invocation can have handed that on. */
export function handoverIn(text: string, count: number): Handover | undefined {
  const { from, again } = parse(text)
  if (!isIndex(from, count + 1) || !Array.isArray(again) || again.length > from) return undefined
  return again.every((index) => isIndex(index, from)) ? { from, again } : undefined
}

const isIndex = (value: unknown, end: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < end

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
