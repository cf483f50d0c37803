import type { FailedKey, S3StorageClient } from 'keysweep'
import { type Handover, type Left, MOST_ATTEMPTS } from './handover.js'

/** Keys that are made as they are needed, so that an index is enough to name one. No two are the same. */
export interface Keys {
  readonly count: number
  readonly at: (index: number) => string
}

export interface Progress {
  readonly deleted: number
  /** Given up: refused for good, or tried often enough, over all invocations. Nobody hands these on: write them down. */
  readonly failed: readonly FailedKey[]
  /** What is left to do; absent once nothing is. */
  readonly next?: Handover
}

/** Deletes as many keys as `maxRequests` requests can, retries among them, and says what is left. */
export async function sweepSome(
  store: S3StorageClient,
  keys: Keys,
  { from, again }: Handover,
  maxRequests: number,
): Promise<Progress> {
  // First what was left over, then what nobody has taken yet.
  const indexOf = (item: number) => again[item]?.[0] ?? from + item - again.length
  function* items(): Generator<string> {
    for (let item = 0; indexOf(item) < keys.count; item++) yield keys.at(indexOf(item))
  }
  const { deleted, failed, stats, resumeFrom } = await store.deleteMany(items(), { maxRequests })
  const failures = new Map(failed.map((failure) => [failure.key, failure]))
  const left: Left[] = []
  const givenUp: FailedKey[] = []
  for (let item = 0; item < stats.items; item++) {
    const index = indexOf(item)
    const failure = failures.get(keys.at(index))
    if (!failure) continue
    // A client counts from 0 in every run, and a run may have no requests left for more than one attempt: all of them count.
    const attempts = failure.attempts + (again[item]?.[1] ?? 0)
    if (failure.retryable && attempts < MOST_ATTEMPTS) left.push([index, attempts])
    else givenUp.push({ ...failure, attempts })
  }
  const next = { from: Math.max(from, indexOf(stats.items)), again: [...left, ...again.slice(stats.items)] }
  return {
    deleted: deleted.length,
    failed: givenUp,
    ...((resumeFrom !== undefined || left.length > 0) && { next }),
  }
}
