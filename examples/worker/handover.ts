/** As many attempts as a client makes where it is told nothing else. */
export const MOST_ATTEMPTS = 5

/** A key that still has to go, by its index, and how often that has been tried. */
export type Left = readonly [index: number, attempts: number]

/**
 * What one invocation hands on to the next. Nearly nothing while all goes well, and tens of kilobytes at a store that is down; at
 * worst, where every key fails, two numbers for each key that an invocation can send: 45,000 in this example, some 500 kB. A message
 * of a queue may hold less. Keep it in KV or R2, and hand on where it is.
 */
export interface Handover {
  /** The index of the first key that nobody has taken yet. */
  readonly from: number
  /** Keys before that which still have to go. */
  readonly again: readonly Left[]
}

/** Reads it as JSON. Undefined where no invocation can have handed that on. */
export function handoverIn(text: string, count: number): Handover | undefined {
  const { from, again } = parse(text)
  if (!isNumber(from, count + 1) || !Array.isArray(again) || again.length > from) return undefined
  return again.every((left) => isLeft(left, from)) ? { from, again } : undefined
}

const isLeft = (value: unknown, end: number): value is Left =>
  Array.isArray(value) && value.length === 2 && isNumber(value[0], end) && isNumber(value[1], MOST_ATTEMPTS)

const isNumber = (value: unknown, end: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < end

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
