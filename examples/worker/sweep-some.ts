import type { FailedKey, S3StorageClient } from 'keysweep'
import type { Handover } from './handover.js'

/** Keys that are made as they are needed, so that an index is enough to name one. No two are the same. */
export interface Keys {
  readonly count: number
  readonly at: (index: number) => string
}

export interface Progress {
  readonly deleted: number
  /** Given up. */
  readonly failed: readonly FailedKey[]
  /** What is left to do; absent once nothing is. */
  readonly next?: Handover
}

/** As many attempts as a client makes where it is told nothing else. */
const MOST_ATTEMPTS = 5

/** Deletes as many keys as `maxRequests` requests can, retries among them, and says what is left. */
export async function sweepSome(
  store: S3StorageClient,
  keys: Keys,
  { from, again }: Handover,
  maxRequests: number,
): Promise<Progress> {
  // First what was left over, then what nobody has taken yet.
  const indexOf = (item: number) => again[item] ?? from + item - again.length
  function* items(): Generator<string> {
    for (let item = 0; indexOf(item) < keys.count; item++) yield keys.at(indexOf(item))
  }
  const { deleted, failed, stats, resumeFrom } = await store.deleteMany(items(), { maxRequests })
  const isLeft = ({ retryable, attempts }: FailedKey) => retryable && attempts < MOST_ATTEMPTS
  const left = new Set(failed.filter(isLeft).map(({ key }) => key))
  const taken = Array.from({ length: stats.items }, (_, item) => indexOf(item))
  const next = {
    from: Math.max(from, indexOf(stats.items)),
    again: [...taken.filter((index) => left.has(keys.at(index))), ...again.slice(stats.items)],
  }
  return {
    deleted: deleted.length,
    failed: failed.filter((item) => !isLeft(item)),
    ...((resumeFrom !== undefined || left.size > 0) && { next }),
  }
}
