import type { FailedKey } from '../report.js'
import type { Batch, DoneKey, Reason } from './batch.js'
import type { Slot } from './parcel.js'
import { Roster } from './roster.js'
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

/** The batches of a run, from the cutter to the caller, and its numbers. */
export class Ledger<Item, Detail extends object> {
  readonly tally: Tally = newTally()
  readonly #startedAt = performance.now()
  readonly #open = new Roster<Batch<Item, Detail>>()
  #openItems = 0
  readonly #closed: ClosedBatch[] = []
  #reported = newTally()
  /** Yielded batches that do not yet join up with the beginning: where each ends, by where it begins. */
  readonly #apart = new Map<number, number>()
  #settledThrough = 0

  /** Whether no batch is open. */
  get isSettled(): boolean {
    return this.#open.size === 0
  }

  /** Items of the batches that are open. */
  get openItems(): number {
    return this.#openItems
  }

  /** Batches that wait to be taken. */
  get closed(): number {
    return this.#closed.length
  }

  /** Takes a fresh batch in. */
  open(batch: Batch<Item, Detail>): void {
    this.#open.add(batch)
    this.#openItems += batch.items.length
    this.tally.items += batch.items.length
    this.closeIfSettled(batch)
  }

  /** Settles items as failed: for the reasons they have one by one, or else for this one. */
  failAll(slots: readonly Slot<Item, Detail>[], reason: Reason): void {
    for (const slot of slots) {
      slot.batch.fail(slot.index, slot.reason ?? reason)
      this.closeIfSettled(slot.batch)
    }
  }

  /** Settles as failed whatever is still open. */
  failRest(reason: Reason): void {
    for (const batch of this.#open.all())
      for (const index of batch.items.keys()) if (batch.isOpen(index)) this.failAll([{ batch, index }], reason)
  }

  closeIfSettled(batch: Batch<Item, Detail>): void {
    if (!batch.isSettled || !this.#open.delete(batch)) return
    this.#openItems -= batch.items.length
    const { done, failed } = batch.report()
    this.tally.done += done.length
    this.tally.failed += failed.length
    this.#closed.push({ done, failed, offset: batch.offset, count: batch.items.length })
  }

  /** Takes out the next batch that is closed. */
  take(): ClosedBatch | undefined {
    return this.#closed.shift()
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
    return { ...batch, tally, settledThrough: this.#settledThrough, resumeFrom }
  }

  /** Brings the time up to date. */
  tick(): void {
    this.tally.durationMs = performance.now() - this.#startedAt
  }
}
