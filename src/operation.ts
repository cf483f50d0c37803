import type { Awaitable, HttpAnswer, HttpRequest } from './http.js'
import type { Flaw } from './items.js'

/** How a run asks for its requests. */
export interface Mode {
  /** Leave successes out of the answer. */
  readonly quiet: boolean
  readonly bypassGovernance: boolean
}

/** What `measure` says of an item that no batch can carry: it goes by the `fallback` operation. */
export const ALONE = 0

/** One call of a provider's API: its limits, how a request is written, how an answer is read. Pure, but for digests. */
export interface Operation<Item, Detail> {
  /** As the provider calls it. */
  readonly name: string
  readonly maxItems: number
  /** Bytes of the encoded body. */
  readonly maxBytes: number
  /** Bytes of the encoded body around its items. */
  readonly envelopeBytes: number
  /** Whether the provider's limit of requests a second counts each item of a request. */
  readonly countsItems?: boolean
  /** Encoded bytes of an item with its separator, `ALONE`, or why it cannot be sent at all. */
  measure(item: Item, now: () => number): number | Flaw
  /** Whether two items of one identity ask for the same, so that one may stand for both; the later one is sent. */
  interchangeable(first: Item, second: Item): boolean
  encode(items: readonly Item[], mode: Mode): Awaitable<HttpRequest>
  decode(answer: HttpAnswer, items: readonly Item[], mode: Mode): Awaitable<Verdict<Detail>>
  /** The provider's call for a single item, for those that `measure` says must go alone. */
  readonly fallback?: Operation<Item, Detail>
}

/** What an answer means: something for each item, or one refusal for the whole request. */
export type Verdict<Detail> = Outcomes<Detail> | Refusal

export interface Outcomes<Detail> {
  readonly kind: 'outcomes'
  /** One for each item, in their order; undefined: every item is done and there is nothing more to say of any. */
  readonly outcomes?: readonly ItemOutcome<Detail>[]
  readonly requestId?: string | undefined
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
  /** How long the service asks to wait. */
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

/** What is known of a failure that is no answer of the service. */
export const lost = (code: 'NetworkError' | 'Timeout' | 'BadResponse', message: string): Refusal => ({
  kind: 'refusal',
  code,
  message,
  remedy: 'retry',
  unsure: true,
})
