import type { SigningCredentials } from '../credentials.js'
import type { HttpRequest } from '../http.js'

/** What changes from one attempt to the next. */
export interface SigningContext {
  readonly credentials: SigningCredentials
  readonly date: Date
  /** Gives 32 lower-case hex digits, never used before; not every scheme needs them. */
  readonly nonce: () => string
  /** For a remote signer to judge by. */
  readonly operation: string
  readonly items: number
}

/** Resolves to the request with the scheme's headers added. */
export type Signer = (request: HttpRequest, context: SigningContext) => Promise<HttpRequest>
