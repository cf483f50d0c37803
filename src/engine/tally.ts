/** The numbers of a run, or of the part of one that belongs to a batch. */
export interface Tally {
  items: number
  done: number
  failed: number
  requests: number
  retries: number
  throttled: number
  bytesSent: number
  bytesReceived: number
  durationMs: number
}

export const newTally = (): Tally => ({
  items: 0,
  done: 0,
  failed: 0,
  requests: 0,
  retries: 0,
  throttled: 0,
  bytesSent: 0,
  bytesReceived: 0,
  durationMs: 0,
})

/** What happened between two readings of one tally. */
export function difference(now: Tally, before: Tally): Tally {
  const between = { ...now }
  for (const name of Object.keys(between) as (keyof Tally)[]) between[name] -= before[name]
  return between
}
