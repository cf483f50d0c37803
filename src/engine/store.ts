import type { CredentialCache } from '../credential-cache.js'
import type { Credentials } from '../credentials.js'
import type { HttpRequest, Transport } from '../http.js'
import type { Redactor } from '../redact.js'
import type { SigningContext } from '../signers/signer.js'
import type { RetryPolicy } from './retry.js'

/** Adds to a request what shows who sends it. */
export type Authorize = (
  request: HttpRequest,
  context: Omit<SigningContext, 'credentials'> & { readonly credentials: Credentials },
) => Promise<HttpRequest>

/** One attempt, as it is told to `onAttempt`, for logs and metrics. Holds no key and no secret. */
export interface AttemptEvent {
  /** As the provider calls it: `DeleteObjects`, `BatchDeleteKv`, … */
  readonly operation: string
  /** Items in the request. */
  readonly items: number
  /** 1 for the first time a request is sent, 2 for its first retry, … */
  readonly attempt: number
  readonly durationMs: number
  /** HTTP status, where there was an answer. */
  readonly status?: number
  readonly requestId?: string
  /** Why the request as a whole did not succeed, where it did not. */
  readonly code?: string
  /** How long the run waits before it sends these items again, where it will. */
  readonly retryDelayMs?: number
}

/** Everything a run needs to know of a client. */
export interface Store {
  readonly authorize: Authorize
  readonly transport: Transport
  readonly credentials: CredentialCache
  readonly redactor: Redactor
  readonly concurrency: number
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly random: () => number
  readonly clock: () => Date
  readonly onAttempt: ((event: AttemptEvent) => void) | undefined
  /** What to add to the local clock to get the server's, in milliseconds; learnt from a refusal. */
  skewMs: number
}
