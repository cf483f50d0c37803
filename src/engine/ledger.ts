import type { FailedKey } from '../report.js'
import type { Batch, DoneKey } from './batch.js'
import { difference, newTally, type Tally } from './tally.js'

/** A batch that is settled: what became of its items. */
export interface ClosedBatch {
  readonly done: DoneKey[]
  readonly failed: FailedKey[]
  readonly offset: number
  readonly count: number
}

/** A batch as it leaves the engine. */
export interface SettledBatch extends ClosedBatch {
  readonly tally: Tally
  readonly settledThrough: number
  readonly resumeFrom: number | undefined
}

/** Keeps the numbers of a run, and how far it has got. */
export class Ledger {
  readonly tally: Tally = newTally()
  readonly #startedAt = performance.now()
  #reported = newTally()
  /** Yielded batches that do not yet join up with the beginning: where each ends, by where it begins. */
  readonly #apart = new Map<number, number>()
  #settledThrough = 0

  /** Counts a batch that is settled, and gives what has become of its items. */
  close<Item, Detail extends object>(batch: Batch<Item, Detail>): ClosedBatch {
    const { done, failed } = batch.report()
    this.tally.done += done.length
    this.tally.failed += failed.length
    return { done, failed, offset: batch.offset, count: batch.items.length }
  }

  /** Completes a batch that is about to be yielded. */
  deliver(batch: ClosedBatch, resumeFrom: number | undefined): SettledBatch {
    this.#apart.set(batch.offset, batch.offset + batch.count)
    for (let end = this.#apart.get(this.#settledThrough); end !== undefined; end = this.#apart.get(end)) {
      this.#apart.delete(this.#settledThrough)
      this.#settledThrough = end
    }
    this.tick()
    const tally = difference(this.tally, this.#reported)
    this.#reported = { ...this.tally }
    tally.items = batch.count
    tally.done = batch.done.length
    tally.failed = batch.failed.length
    const { done, failed, offset, count } = batch
    return { done, failed, offset, count, tally, settledThrough: this.#settledThrough, resumeFrom }
  }

  /** Brings the time up to date. */
  tick(): void {
    this.tally.durationMs = performance.now() - this.#startedAt
  }
}
