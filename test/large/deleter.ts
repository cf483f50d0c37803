// Deletes the keys of a file through `deleteBatches`, checks every batch against the keys that were asked for, and writes what
// became of each key to a file of outcomes. Tells its numbers over IPC.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { type DeleteBatch, EsaKvClient, type RetryOptions, S3StorageClient } from 'keysweep'
import { keyLines } from '../../examples/key-lines.js'
import { keyAt, OUTCOMES } from './keys.js'

export interface Job {
  readonly store: 's3' | 'alibaba-esa'
  readonly container: string
  readonly endpoint: string
  readonly keys: string
  readonly outcomes: string
  readonly retry?: RetryOptions
}

export interface Result {
  readonly items: number
  readonly deleted: number
  readonly failed: number
  readonly requests: number
  readonly retries: number
  readonly throttled: number
  /** How many keys failed for which reason. */
  readonly reasons: Readonly<Record<string, number>>
  readonly durationMs: number
  /** The most memory the process ever had, in MiB. */
  readonly peakRssMiB: number
  /** The most the heap held right after a collection, in MiB. */
  readonly peakHeapMiB: number
}

const MIB = 1024 * 1024
/** Looking at the heap means collecting it first, so not too often. */
const KEYS_BETWEEN_LOOKS = 100_000

function connect({ store, container, endpoint, retry = {} }: Job): S3StorageClient | EsaKvClient {
  const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
  const common = { credentials, endpoint, retry }
  return store === 's3'
    ? new S3StorageClient({ bucket: container, region: 'us-east-1', ...common })
    : new EsaKvClient({ namespace: container, ...common })
}

/** One byte for each key of a batch; throws unless each stands in the report once, exactly, and in the order of the input. */
function outcomesOf({ offset, count, deleted, failed }: DeleteBatch): Uint8Array {
  const bytes = new Uint8Array(count)
  let [nextDeleted, nextFailed] = [0, 0]
  for (let index = 0; index < count; index++) {
    const key = keyAt(offset + index)
    const failure = failed[nextFailed]
    if (deleted[nextDeleted]?.key === key) {
      nextDeleted++
      bytes[index] = OUTCOMES.deleted
    } else if (failure?.key === key) {
      nextFailed++
      bytes[index] = OUTCOMES[failure.outcome]
    } else throw new Error(`key ${offset + index} is not in the report where it belongs`)
  }
  if (nextDeleted !== deleted.length || nextFailed !== failed.length)
    throw new Error('a report names keys it was not given')
  return bytes
}

async function run(job: Job): Promise<Result> {
  const totals = { items: 0, deleted: 0, failed: 0, requests: 0, retries: 0, throttled: 0, durationMs: 0 }
  const reasons: Record<string, number> = {}
  let peakHeapMiB = 0
  let looked = 0
  const file = await open(job.outcomes, 'w')
  for await (const batch of connect(job).deleteBatches(
    keyLines(createReadStream(job.keys, { highWaterMark: 256 * 1024 })),
  )) {
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += batch.stats[name]
    for (const { code, outcome } of batch.failed) {
      const reason = `${code} (${outcome})`
      reasons[reason] = (reasons[reason] ?? 0) + 1
    }
    await file.write(outcomesOf(batch), 0, batch.count, batch.offset)
    if (totals.items - looked >= KEYS_BETWEEN_LOOKS) {
      looked = totals.items
      globalThis.gc?.()
      peakHeapMiB = Math.max(peakHeapMiB, process.memoryUsage().heapUsed / MIB)
    }
  }
  await file.close()
  return { ...totals, reasons, peakRssMiB: process.resourceUsage().maxRSS / 1024, peakHeapMiB }
}

process.once('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }, () => process.disconnect()),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.disconnect()),
  )
})
