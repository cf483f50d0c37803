import { createReadStream } from 'node:fs'
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises'
import type { FailedKey, S3StorageClient } from 'keysweep'
import { keyLines } from '../key-lines.js'

export interface Files {
  /** The keys to delete, one a line. */
  readonly keys: string
  /** How many of them are settled; written after every batch, and read at the start: the program may be stopped at any time. */
  readonly checkpoint: string
  /** The keys that failed, one JSON document a line. After a restart, one may be there twice. */
  readonly failed: string
}

/** Deletes the keys of a file of any size, and goes on where an earlier run was stopped. Gives the number of deleted keys. */
export async function deleteFromFile(store: S3StorageClient, files: Files): Promise<number> {
  const start = await readCheckpoint(files.checkpoint)
  let deleted = 0
  for await (const batch of store.deleteBatches(skip(keyLines(createReadStream(files.keys)), start))) {
    deleted += batch.deleted.length
    // First what failed, then the checkpoint: nothing may be lost between the two.
    if (batch.failed.length > 0) await appendFile(files.failed, batch.failed.map(toLine).join(''))
    // Batches may settle out of order; everything before `settledThrough` is settled for certain.
    await writeCheckpoint(files.checkpoint, start + batch.settledThrough)
  }
  return deleted
}

async function* skip<Item>(items: AsyncIterable<Item>, count: number): AsyncGenerator<Item> {
  let index = 0
  for await (const item of items) if (index++ >= count) yield item
}

const toLine = (item: FailedKey): string => `${JSON.stringify(item)}\n`

async function readCheckpoint(path: string): Promise<number> {
  try {
    return Number(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** Replaced whole, so that it is never half written. */
async function writeCheckpoint(path: string, settled: number): Promise<void> {
  await writeFile(`${path}.new`, String(settled))
  await rename(`${path}.new`, path)
}
