import type { Reason } from './batch.js'

/** Splitting ends after this many parts without a success: then it was no single item's fault. */
const MOST_FRUITLESS_PARTS = 64
/** What one refused request may use up of them, so that the next has a chance, too. */
const SHARE = 2 / 3
/** After so many, parts go out one by one: several that ask the same question at once learn no more than one. */
const FRUITLESS_PARTS_AT_ONCE = 8

/** Parts that are longer than this part of the whole are asked about first. */
const COARSE = 1 / 10

/** The requests that come from one that was refused. */
export interface Family {
  /** Items in that request. */
  readonly size: number
  /** Parts that may yet be sent without a success; without an end once there was one, for then single items are at fault. */
  allowed?: number
  /** Why they were refused, of late. */
  reason: Reason
}

/** The two halves of one refused request. */
export interface Siblings {
  /** Items in the longer half. */
  readonly size: number
  succeeded: number
}

/** Decides how long it is worth looking for the items that make the store refuse a whole request. */
export class Splitter {
  /** Parts sent since the store last accepted anything, but for those of families that had a success. */
  #fruitless = 0
  #longestAccepted = 0

  /** Whether the next part has to wait for the answer to the one before. */
  get isSearching(): boolean {
    return this.#fruitless >= FRUITLESS_PARTS_AT_ONCE
  }

  get #left(): number {
    return MOST_FRUITLESS_PARTS - this.#fruitless
  }

  /** Whether to look any further would teach nothing. */
  isOver(family: Family): boolean {
    return !isProven(family) && Math.min(this.#left, family.allowed ?? this.#left) <= 0
  }

  /** Counts a part that is about to be sent; false where the search is over. */
  admits(family: Family): boolean {
    if (this.isOver(family)) return false
    family.allowed ??= Math.ceil(SHARE * this.#left)
    if (!isProven(family)) this.#fruitless++
    family.allowed--
    return true
  }

  /** Takes back a part that was counted and has shown nothing, for it is to be sent again. */
  unanswered(family: Family): void {
    if (!isProven(family)) this.#fruitless = Math.max(0, this.#fruitless - 1)
    if (family.allowed !== undefined) family.allowed++
  }

  /**
   * Notes that the store accepted a request, or a part of one. Gives the most items it seems to take, where both halves of
   * a refused request were accepted, and never anything longer: then it was their number that was refused.
   */
  succeeded({ items, family, siblings }: Accepted): number | undefined {
    this.#fruitless = 0
    this.#longestAccepted = Math.max(this.#longestAccepted, items.length)
    if (family) family.allowed = Number.POSITIVE_INFINITY
    if (siblings) siblings.succeeded++
    return siblings?.succeeded === 2 && this.#longestAccepted <= siblings.size ? siblings.size : undefined
  }
}

interface Accepted {
  readonly items: { readonly length: number }
  readonly family?: Family | undefined
  readonly siblings?: Siblings | undefined
}

interface Part {
  readonly items: { readonly length: number }
  readonly batch: { readonly offset: number }
  readonly slots?: readonly { readonly index: number }[]
}

/**
 * Which of the parts that wait to send next. As long as none has succeeded: the long ones, for the faults may stand together
 * somewhere; then from both ends by turns, each down to a single item, for they may stand anywhere.
 *
 * @param parts One at least.
 */
export function nextPart<Waiting extends Part>(parts: readonly Waiting[], family: Family): Waiting {
  const [first] = parts as readonly [Waiting]
  if (isProven(family)) return first
  const coarse = parts.filter(({ items }) => items.length > COARSE * family.size)
  if (coarse.length > 0) return coarse.reduce((best, part) => (part.items.length > best.items.length ? part : best))
  const sign = (family.allowed ?? 0) % 2 === 0 ? 1 : -1
  return parts.reduce((best, part) => (sign * positionOf(part) < sign * positionOf(best) ? part : best))
}

const positionOf = ({ batch, slots }: Part): number => batch.offset + (slots?.[0]?.index ?? 0)

/** Whether single items are known to be at fault. */
const isProven = ({ allowed }: Family): boolean => allowed === Number.POSITIVE_INFINITY
