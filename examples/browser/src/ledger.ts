import type { DeleteBatch, FailedKey } from 'keysweep'

/** What became of a key; nothing yet where undefined. */
export type Fate = 'deleted' | FailedKey | undefined

/** What can become of a key. */
export type Outcome = 'deleted' | FailedKey['outcome']

export type Counts = Record<Outcome, number>

/** None of anything. */
export const noCounts = (): Counts => ({ deleted: 0, refused: 0, unknown: 0, 'not-sent': 0 })

/** A failed key, and its place in the list. */
export interface Failure {
  readonly index: number
  readonly reason: FailedKey
}

/** The fate of every key, over one run or several that go on with each other's rest. */
export class Ledger {
  readonly #counts = noCounts()
  readonly #fates: Fate[]

  constructor(readonly keys: readonly string[]) {
    this.#fates = new Array(keys.length).fill(undefined)
  }

  get counts(): Readonly<Counts> {
    return this.#counts
  }

  get failed(): number {
    return this.#counts.refused + this.#counts.unknown + this.#counts['not-sent']
  }

  /** How many keys are entered. */
  get settled(): number {
    return this.#counts.deleted + this.failed
  }

  fate(index: number): Fate {
    return this.#fates[index]
  }

  /** How many keys still have to go: those nobody has sent, and those that may succeed later. */
  get pending(): number {
    return this.#fates.reduce((sum, fate) => sum + (isPending(fate) ? 1 : 0), 0)
  }

  /** Forgets why keys failed that may succeed later, and gives the places of all that still have to go. */
  reopen(): number[] {
    const places: number[] = []
    for (let index = 0; index < this.#fates.length; index++) {
      if (!isPending(this.#fates[index])) continue
      this.#set(index, undefined)
      places.push(index)
    }
    return places
  }

  /**
   * Enters what became of a batch. Its two lists are in input order, so each key is at the head of one of them.
   *
   * @param places Of every item of the run.
   */
  enter({ offset, count, deleted, failed }: DeleteBatch, places: readonly number[]): void {
    let done = 0
    let lost = 0
    for (const index of places.slice(offset, offset + count)) {
      if (deleted[done]?.key === this.keys[index]) {
        done++
        this.#set(index, 'deleted')
      } else this.#set(index, failed[lost++])
    }
  }

  #set(index: number, fate: Fate): void {
    this.#count(this.#fates[index], -1)
    this.#count(fate, 1)
    this.#fates[index] = fate
  }

  #count(fate: Fate, change: 1 | -1): void {
    if (fate) this.#counts[outcomeOf(fate)] += change
  }

  /** The failed keys, in input order. */
  failures(): Failure[] {
    const found: Failure[] = []
    for (let index = 0; index < this.#fates.length; index++) {
      const reason = this.#fates[index]
      if (reason !== undefined && reason !== 'deleted') found.push({ index, reason })
    }
    return found
  }
}

export const outcomeOf = (fate: NonNullable<Fate>): Outcome => (fate === 'deleted' ? fate : fate.outcome)

const isPending = (fate: Fate): boolean => fate === undefined || (fate !== 'deleted' && fate.retryable)
