import { type DeleteReport, type FailedKey, isKeysweepError, type S3StorageClient } from 'keysweep'

/** What is left to do after a run that may have been aborted. */
export interface Progress {
  readonly deleted: number
  /** Keys that still have to go. Some may be gone: deleting them once more does no harm. */
  readonly left: readonly string[]
  /** Keys that are given up: the store refuses them, or they failed as often as a client tries. */
  readonly failed: readonly FailedKey[]
}

/** As many attempts as a client makes where it is told nothing else. */
const MOST_ATTEMPTS = 5

/**
 * Deletes keys until all are gone or `signal` aborts, for instance `AbortSignal.timeout(30_000)`. To resume, call it again with
 * what is left. What failed is not: or a key that always fails would be left forever.
 */
export async function deleteUntil(
  store: S3StorageClient,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Progress> {
  try {
    return progressOf(await store.deleteMany(keys, { signal }), keys)
  } catch (error) {
    const report = isKeysweepError(error) && error.name === 'AbortError' ? error.report : undefined
    if (report && 'deleted' in report) return progressOf(report, keys)
    throw error
  }
}

function progressOf({ deleted, failed, resumeFrom }: DeleteReport, keys: readonly string[]): Progress {
  const isLeft = ({ retryable, attempts }: FailedKey) => retryable && attempts < MOST_ATTEMPTS
  return {
    deleted: deleted.length,
    left: [...failed.filter(isLeft).map(({ key }) => key), ...keys.slice(resumeFrom ?? keys.length)],
    failed: failed.filter((item) => !isLeft(item)),
  }
}
