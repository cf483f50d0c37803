import type { FailedKey, S3StorageClient } from 'keysweep'

/** What one invocation hands on to the next. Small enough for a message of a queue, or for a Durable Object with an alarm. */
export interface Handover {
  /** Where to go on in the keys. */
  readonly from: number
  /** Keys before that which still have to go. */
  readonly again: readonly string[]
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
  keysFrom: (index: number) => Iterable<string>,
  { from, again }: Handover,
  maxRequests: number,
): Promise<Progress> {
  const report = await store.deleteMany(chain(again, keysFrom(from)), { maxRequests })
  const isLeft = ({ retryable, attempts }: FailedKey) => retryable && attempts < MOST_ATTEMPTS
  const left = report.failed.filter(isLeft).map(({ key }) => key)
  const taken = report.stats.items
  const next = { from: from + Math.max(0, taken - again.length), again: [...left, ...again.slice(taken)] }
  return {
    deleted: report.deleted.length,
    failed: report.failed.filter((item) => !isLeft(item)),
    ...((report.resumeFrom !== undefined || left.length > 0) && { next }),
  }
}

function* chain<Item>(...sources: Iterable<Item>[]): Generator<Item> {
  for (const source of sources) yield* source
}
