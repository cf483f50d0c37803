import { type DeleteStats, isKeysweepError, type Progress } from 'keysweep'
import type { Sweeper } from './cloud.js'
import type { Ledger } from './ledger.js'

/** How a run ended. */
export interface Ending {
  readonly kind: 'finished' | 'stopped' | 'broken'
  /** The place of the first key that was not taken; nothing from there on was sent. */
  readonly resumeFrom?: number
  /** Why it broke off. */
  readonly message?: string
}

export interface Watcher {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress<DeleteStats>) => void
}

/** Deletes what still has to go, and enters the fate of every key as it becomes known. */
export async function sweep(client: Sweeper, ledger: Ledger, { signal, onProgress }: Watcher): Promise<Ending> {
  const places = ledger.reopen()
  try {
    for await (const batch of client.deleteBatches(keysAt(places, ledger.keys), { signal, onProgress }))
      ledger.enter(batch, places)
    return { kind: 'finished' }
  } catch (error) {
    if (!isKeysweepError(error)) throw error
    const place = places[error.report?.resumeFrom ?? places.length]
    return {
      kind: error.name === 'AbortError' ? 'stopped' : 'broken',
      message: error.message,
      ...(place !== undefined && { resumeFrom: place }),
    }
  }
}

function* keysAt(places: readonly number[], keys: readonly string[]): Generator<string> {
  for (const place of places) yield keys[place] as string
}
