import type { Bytes } from '../http.js'

/** The stores the emulator stands for, as their clients are imported. */
export const STORES = ['alibaba-esa', 'alibaba-dcdn', 'ncloud', 'ctyun-zos', 'yandex', 's3'] as const

/** One of the stores the emulator stands for. */
export type StoreName = (typeof STORES)[number]

/** A request as it came in: nothing decoded, nothing normalised, for the signature covers the raw form. */
export interface Incoming {
  readonly method: string
  readonly path: string
  /** Without `?`. */
  readonly query: string
  /** Lower-case names, `host` among them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Bytes
}

/** What goes back. */
export interface Outgoing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Bytes
  /** The connection breaks after so many bytes of the body. */
  readonly breaksAfter?: number
  /** How fast the body arrives. */
  readonly bytesPerSecond?: number
}

/** Answers one request; undefined where the connection breaks without an answer. Rejects once the caller hangs up. */
export type Handler = (request: Incoming, signal: AbortSignal) => Promise<Outgoing | undefined>

/** An open port. */
export interface Server {
  readonly port: number
  close(): Promise<void>
}

/** A request a store says no to; each store words it in its own error document. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly message: string,
    /** Further members of the document, such as `ServerTime`. */
    readonly details: Readonly<Record<string, string>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** What the faults have in store for the keys of a request. */
export interface KeyFaults {
  /** The code this key fails with, untouched; undefined for most. */
  failure(): string | undefined
  /** Whether the answer leaves this key out. */
  leavesOut(): boolean
}

/** A request that was found in order and can be carried out. */
export interface Call {
  /** How many keys it concerns. */
  readonly items: number
  run(faults: KeyFaults): Outgoing
}

/** How one store reads requests and words answers. */
export interface Protocol {
  /** Checks the signature and all that can be wrong with a request; throws a `Refusal`. */
  accept(request: Incoming, now: Date, requestId: string): Promise<Call>
  /** The error document of a refusal. */
  refuse(refusal: Refusal, request: Incoming, requestId: string): Outgoing
  /** What the store says when it is asked too much. */
  throttled(): Refusal
  /** What the store says with this status when it fails for no fault of the request's; 200 for a failure inside a success. */
  failure(status: number): Refusal
  /** The headers in which it asks to wait. */
  retryAfter(seconds: number): Record<string, string>
  /** The headers that name the request. */
  identify(requestId: string): Record<string, string>
}
