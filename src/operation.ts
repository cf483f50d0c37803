import type { Awaitable, Bytes, HttpAnswer, HttpRequest } from './http.js'
import type { Flaw } from './items.js'

/** How a run asks for its requests. */
export interface Mode {
  /** Leave successes out of the answer. */
  readonly quiet: boolean
  readonly bypassGovernance: boolean
}

/** What `write` says of an item that no batch can carry: it goes by the `fallback` call. */
export const ALONE: unique symbol = Symbol('alone')

/** One call of a provider's API: how a request is written, how an answer is read. Pure, but for digests. */
export interface Call<Item, Detail> {
  /** As the provider calls it. */
  readonly name: string
  /** @param written What was written of the items when they were cut, if they go out just as they were cut. */
  encode(items: readonly Item[], mode: Mode, written?: Written): Awaitable<HttpRequest>
  /** @param whole What `whole` has written, if the request went out so. */
  decode(answer: HttpAnswer, items: readonly Item[], mode: Mode, whole?: Whole): Awaitable<Verdict<Detail>>
}

/** A call for many items, with its limits. */
export interface Operation<Item, Detail> extends Call<Item, Detail> {
  readonly maxItems: number
  /** Bytes of the encoded body. */
  readonly maxBytes: number
  /** Bytes of the encoded body around its items. */
  readonly envelopeBytes: number
  /** Whether the provider's limit of requests a second counts each item of a request. */
  readonly countsItems?: boolean
  /** An item as it stands in a body, `ALONE`, or why it cannot be sent at all. */
  write(item: Item, now: () => number): string | typeof ALONE | Flaw
  /** Bytes that a written item takes in a body, with its separator. */
  measure(text: string): number
  /** Whether two items of one identity ask for the same, so that one may stand for both; the later one is sent. */
  interchangeable(first: Item, second: Item): boolean
  readonly whole?: WholeWriter<Item>
  /** The provider's call for a single item, for those that must go alone. */
  readonly fallback?: Call<Item, Detail>
}

/** Writes a body in one go where its items are such as nearly all are. */
export interface WholeWriter<Item> {
  /** About how many characters the item takes; undefined where it has to be written by itself. */
  lengthOf(item: Item): number | undefined
  /**
   * The body for as many of the leading items as fit. They have lengths, and no two are the same. Undefined where they have to
   * be written one by one.
   */
  write(items: readonly Item[], mode: Mode, room: Room): Whole | undefined
}

/** Where and how far a body may be written. */
export interface Room {
  readonly mostBytes: number
  readonly lend: Lend
  /** The time, in milliseconds since 1970. */
  readonly now: () => number
}

/** Writes strings in one go; any other item has to be written by itself. */
export const wholeStrings = <Item>(
  write: (keys: readonly string[], mode: Mode, room: Room) => Whole | undefined,
): WholeWriter<Item> => ({
  lengthOf: (item) => (typeof item === 'string' ? item.length : undefined),
  // Only strings have lengths.
  write: write as WholeWriter<Item>['write'],
})

/** What was written of a request before it is sent: its body, or each item as it stands in one. */
export type Written = Whole | readonly string[]

/** Lends memory for a body: at least so many bytes, from the beginning of their buffer. */
export type Lend = (bytes: number) => Bytes

/** A body that was written in one go. */
export interface Whole {
  readonly body: Bytes
  /** How many items it holds. */
  readonly count: number
  /** How the answer lists just these items, where that is known beforehand. */
  readonly list?: Bytes
}

export const isWhole = (written: Written | undefined): written is Whole => written !== undefined && 'body' in written

/** What an answer means: something for each item, or one refusal for the whole request. */
export type Verdict<Detail> = Outcomes<Detail> | Refusal

export interface Outcomes<Detail> {
  readonly kind: 'outcomes'
  /** One for each item, in their order; undefined: every item is done and there is nothing more to say of any. */
  readonly outcomes?: readonly ItemOutcome<Detail>[]
  readonly requestId?: string | undefined
  /** How long the service asks to wait, other than by `Retry-After`. */
  readonly retryAfterMs?: number | undefined
}

/** Done, with what there is to say of it, or failed. */
export type ItemOutcome<Detail> = Done<Detail> | ItemFailure

export interface Done<Detail> {
  readonly done: Detail | undefined
}

export interface ItemFailure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  /** Whether it may have been applied all the same. */
  readonly unsure: boolean
  /** Whether the store asks to slow down. */
  readonly throttled?: boolean
}

/** A request refused, or lost, as a whole. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly code: string
  readonly message: string
  readonly remedy: Remedy
  /** Whether it may have been applied all the same. */
  readonly unsure: boolean
  /** False only where it certainly never reached the service. */
  readonly arrived?: boolean
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  /** How long the service asks to wait, other than by `Retry-After`. */
  readonly retryAfterMs?: number | undefined
  /** The code the whole run ends with, once the retries are used up. */
  readonly endsRunAs?: string
  /** The service's own time, where `remedy` is `reclock`. */
  readonly serverTime?: Date | undefined
}

/**
 * What may help after a refusal.
 * - `retry`: the same again, later · `slow`: the same again, later and slower
 * - `split`: it may be one item's fault; find it · `fewer-items`, `fewer-bytes`: cut smaller
 * - `reclock`: the clock, if the server's really differs · `renew`: new credentials
 * - `none`: this request is lost, others may fare better · `halt`: every request would fare alike
 */
export type Remedy = 'retry' | 'slow' | 'split' | 'fewer-items' | 'fewer-bytes' | 'reclock' | 'renew' | 'none' | 'halt'

/** A failure that is no answer of the service: it may succeed later, and may have been applied, unless more is known. */
export const lost = (code: string, message: string, more?: Partial<Refusal>): Refusal => ({
  kind: 'refusal',
  code,
  message,
  remedy: 'retry',
  unsure: true,
  ...more,
})
