import type { Reason } from './batch.js'

/** Splitting ends after this many parts without a success: then it was no single item's fault. */
const MOST_FRUITLESS_PARTS = 64
/** After so many, parts go out one by one: several that ask the same question at once learn no more than one. */
const FRUITLESS_PARTS_AT_ONCE = 8

/** The requests that come from one that was refused. */
export interface Family {
  /** Parts sent since one of them last succeeded. */
  fruitless: number
  /** Why they were refused, of late. */
  reason: Reason
}

/** The two halves of one refused request. */
export interface Siblings {
  /** Items in the longer half. */
  readonly size: number
  succeeded: number
}

/** Decides how long it is worth looking for the one item that makes the store refuse a whole request. */
export class Splitter {
  #fruitless = 0
  #longestAccepted = 0
  /** Codes that turned out to be no single item's fault; forgotten once the store accepts anything again. */
  readonly #hopeless = new Set<string>()

  /** Whether the next part has to wait for the answer to the one before. */
  get isSearching(): boolean {
    return this.#fruitless >= FRUITLESS_PARTS_AT_ONCE
  }

  /** Whether no splitting helps against this code. */
  isHopeless(code: string): boolean {
    return this.#hopeless.has(code)
  }

  giveUp(code: string): void {
    this.#hopeless.add(code)
  }

  /** Counts a part that is about to be sent; false where the search is over. */
  admits(family: Family): boolean {
    const { code } = family.reason
    if (this.#fruitless >= MOST_FRUITLESS_PARTS) this.giveUp(code)
    if (this.isHopeless(code) || family.fruitless >= MOST_FRUITLESS_PARTS) return false
    this.#fruitless++
    family.fruitless++
    return true
  }

  /** Takes back a part that was counted and has shown nothing, for it is to be sent again. */
  unanswered(family: Family): void {
    this.#fruitless = Math.max(0, this.#fruitless - 1)
    family.fruitless = Math.max(0, family.fruitless - 1)
  }

  /**
   * Notes that the store accepted a request, or a part of one. Gives the most items it seems to take, where both halves of
   * a refused request were accepted, and never anything longer: then it was their number that was refused.
   */
  succeeded({ items, family, siblings }: Accepted): number | undefined {
    this.#fruitless = 0
    this.#hopeless.clear()
    this.#longestAccepted = Math.max(this.#longestAccepted, items.length)
    if (family) family.fruitless = 0
    if (siblings) siblings.succeeded++
    return siblings?.succeeded === 2 && this.#longestAccepted <= siblings.size ? siblings.size : undefined
  }
}

interface Accepted {
  readonly items: { readonly length: number }
  readonly family?: Family | undefined
  readonly siblings?: Siblings | undefined
}
