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
export const difference = (now: Tally, before: Tally): Tally => ({
  items: now.items - before.items,
  done: now.done - before.done,
  failed: now.failed - before.failed,
  requests: now.requests - before.requests,
  retries: now.retries - before.retries,
  throttled: now.throttled - before.throttled,
  bytesSent: now.bytesSent - before.bytesSent,
  bytesReceived: now.bytesReceived - before.bytesReceived,
  durationMs: now.durationMs - before.durationMs,
})
