import type { Stop } from './stop.js'

/** Raw bytes. */
export type Bytes = Uint8Array<ArrayBuffer>

/** A value, or the promise of one: what is cheap in Node is asynchronous elsewhere. */
export type Awaitable<Value> = Value | Promise<Value>

/** A request before it is signed: everything a signature can cover, nothing decided twice. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Where it goes: scheme, authority and the path of a proxy if there is one; no trailing slash. */
  readonly base: string
  /** The host to sign for: that of `base`, or the one the proxy forwards to. */
  readonly host: string
  /** Percent-encoded path, starting with `/`, signed and sent as it stands. */
  readonly path: string
  /** Canonical query without `?`, signed and sent as it stands; empty when there is none. */
  readonly query: string
  /** Lower-case names. `host` and `content-length` are not among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Bytes
  /** SHA-256 of the body where the encoder needed it anyway; the signer computes it otherwise. */
  readonly bodySha256?: Bytes
}

/** What a server answered, read whole. */
export interface HttpAnswer {
  readonly status: number
  /** The value of a header, by lower-case name. */
  header(name: string): string | undefined
  readonly body: Bytes
}

/** Sends one signed request and reads its whole answer, once; throws a `TransportError` when there is none. */
export type Transport = (request: HttpRequest, stop: Stop, maxAnswerBytes: number) => Promise<HttpAnswer>

/** Why there is no answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError'

  constructor(
    /** `unsendable`: this transport cannot say the URL; `overflow`: the answer was longer than allowed. */
    readonly reason: 'network' | 'unsendable' | 'overflow',
    message: string,
    /** False only where the request certainly never reached a server. */
    readonly mayHaveArrived: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
