import { setTimeout as pause } from 'node:timers/promises'
import type { DeletedKey, FailedKey, ObjectKey, S3StorageClient } from 'keysweep'

export interface Outcome {
  readonly deleted: DeletedKey[]
  readonly failed: FailedKey[]
}

/**
 * Deletes keys, and tries again later what may then succeed: for a store with an outage longer than a request's own retries.
 * What the store refuses for good is not tried again.
 */
export async function deletePatiently(
  store: S3StorageClient,
  keys: readonly ObjectKey[],
  { rounds = 5, pauseMs = 60_000 } = {},
): Promise<Outcome> {
  const deleted: DeletedKey[] = []
  const failed: FailedKey[] = []
  let open: readonly ObjectKey[] = keys
  for (let round = 1; open.length > 0; round++) {
    if (round > 1) await pause(pauseMs)
    const report = await store.deleteMany(open)
    const isLast = round >= rounds
    for (const key of report.deleted) deleted.push(key)
    for (const key of report.failed) if (isLast || !key.retryable) failed.push(key)
    // A failed key is an item again as it stands: its key, and the version where one was named.
    open = isLast ? [] : report.failed.filter(({ retryable }) => retryable).map(asItem)
  }
  return { deleted, failed }
}

const asItem = ({ key, versionId }: FailedKey): ObjectKey => (versionId === undefined ? key : { key, versionId })
