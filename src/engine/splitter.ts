/** Splitting ends after this many parts without a success: then it was no single item's fault. */
const MOST_FRUITLESS_PARTS = 64

/** The requests that come from one that was refused. */
export interface Family {
  /** Parts sent since one of them last succeeded. */
  fruitless: number
}

/** Decides how long it is worth looking for the one item that makes the store refuse a whole request. */
export class Splitter {
  #fruitless = 0
  /** Codes that turned out to be no single item's fault. */
  readonly #hopeless = new Set<string>()

  /** Whether a request refused with this code is worth splitting. */
  isHopeless(code: string): boolean {
    return this.#hopeless.has(code)
  }

  /** Notes that no splitting helps against this code. */
  giveUp(code: string): void {
    this.#hopeless.add(code)
  }

  /** Counts a part that is about to be sent; false where the search is over. */
  admits(family: Family, code: string): boolean {
    if (Math.max(this.#fruitless, family.fruitless) >= MOST_FRUITLESS_PARTS) this.giveUp(code)
    if (this.isHopeless(code)) return false
    this.#fruitless++
    family.fruitless++
    return true
  }

  /** Notes that the store accepted a request, or a part of one. */
  succeeded(family: Family | undefined): void {
    this.#fruitless = 0
    if (family) family.fruitless = 0
  }
}
