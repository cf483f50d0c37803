import { type DeleteReport, isKeysweepError, type S3StorageClient } from 'keysweep'

/** What is left to do after a run that may have been aborted. */
export interface Progress {
  readonly deleted: number
  /** Keys that still have to go. Some may be gone: deleting them once more does no harm. */
  readonly left: readonly string[]
}

/**
 * Deletes keys until all are gone or `signal` aborts, for instance `AbortSignal.timeout(30_000)`. To resume, call it again with
 * what is left. Keys that the store refuses are not left: they would be refused again.
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
  const unsettled = failed.filter(({ retryable }) => retryable).map(({ key }) => key)
  return { deleted: deleted.length, left: [...unsettled, ...keys.slice(resumeFrom ?? keys.length)] }
}
