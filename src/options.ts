import { CONCURRENCY } from '#runtime'
import * as check from './check.js'
import type { CredentialSource, Credentials } from './credentials.js'
import { DEFAULT_RETRY, type RetryOptions, type RetryPolicy } from './engine/retry.js'
import type { AttemptEvent, Store } from './engine/store.js'
import type { Fetch } from './fetch-transport.js'
import type { DeleteStats, PutStats } from './report.js'
import { memberOf } from './untrusted.js'

/** What every client takes. */
export interface ClientOptions<Kind extends Credentials = Credentials> {
  /** A key pair, a token, a remote signer, or a function that resolves to one of them. */
  readonly credentials: CredentialSource<Kind>
  /**
   * Where the service is, without the bucket, or a proxy to it: scheme, host, and a path if there is one; in a page also a
   * path of its own site.
   */
  readonly endpoint?: string | URL | undefined
  /** The host to sign for when `endpoint` is a proxy; a path in `endpoint` is then the proxy's own and not signed. */
  readonly signingHost?: string | undefined
  /** Replaces the transport whole. Gets each request ready to send, and must not follow redirects. */
  readonly fetch?: Fetch | undefined
  /** Node only: a Dispatcher of undici 7 or later, such as its `ProxyAgent`, for proxies and certificate authorities. */
  readonly dispatcher?: object | undefined
  /** Called after every attempt, for logs and metrics. What it throws ends the run. */
  readonly onAttempt?: ((event: AttemptEvent) => void) | undefined
  /** Requests in flight at once, 1 or more. Default 8, and 6 in edge workers. */
  readonly concurrency?: number | undefined
  /** Milliseconds that one attempt may take, 1 to 2,147,483,647. Default 60,000. */
  readonly timeoutMs?: number | undefined
  /** How often and how patiently what may succeed later is tried again. */
  readonly retry?: RetryOptions | undefined
  /** The local time; for tests. */
  readonly clock?: (() => Date) | undefined
  /** A number from 0 up to 1; for tests. */
  readonly random?: (() => number) | undefined
  /** Allows plain `http:` beyond loopback. Default false. */
  readonly allowHttp?: boolean | undefined
}

/** What a run does at any moment: its numbers so far, and what is going on. */
export type Progress<Stats extends DeleteStats | PutStats = DeleteStats | PutStats> = Stats & {
  /** Items in the input, where it has a length. */
  readonly total?: number
  /** Requests in flight. */
  readonly inFlight: number
  /** Requests that may be in flight; falls while the store throttles, or is too slow for so many. */
  readonly concurrency: number
}

/** What every run takes. */
export interface PutOptions {
  /** Requests in flight at once, 1 or more. Default: the client's. */
  readonly concurrency?: number | undefined
  /**
   * Items a request at most, 1 or more. Default: as many as the provider takes. For stores that are too slow for so many,
   * and answer with a time-out.
   */
  readonly batchSize?: number | undefined
  /** Ends the run: it rejects with an `AbortError` that carries the report so far. */
  readonly signal?: AbortSignal | undefined
  /** Called after every attempt. What it throws ends the run. */
  readonly onProgress?: ((progress: Progress<PutStats>) => void) | undefined
  /** Validates, cuts and encodes everything, and sends nothing. Default false. */
  readonly dryRun?: boolean | undefined
  /** Attempts that may be sent in all, retries included; a whole number of 0 or more, not `Infinity`. Default: no limit. */
  readonly maxRequests?: number | undefined
}

/** What a deletion takes. */
export interface DeleteOptions extends Omit<PutOptions, 'onProgress'> {
  /** Called after every attempt. What it throws ends the run. */
  readonly onProgress?: ((progress: Progress<DeleteStats>) => void) | undefined
  /** Asks the store to list failures only, where it can; a key it does not list is then deleted. Default false. */
  readonly quiet?: boolean | undefined
}

/** What a deletion of objects takes. */
export interface ObjectDeleteOptions extends DeleteOptions {
  /** Deletes versions under governance retention too, where the credentials allow it. Default false. */
  readonly bypassGovernance?: boolean | undefined
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What only a run takes. */
const RUN_ONLY: readonly (keyof ObjectDeleteOptions)[] = [
  'batchSize',
  'signal',
  'onProgress',
  'dryRun',
  'maxRequests',
  'quiet',
  'bypassGovernance',
]
export const RUN_OPTIONS: readonly string[] = ['concurrency', ...RUN_ONLY]

/** Checks what all clients share, and fills in the defaults. */
export function clientSettings(
  options: ClientOptions<Credentials>,
): Pick<Store, 'concurrency' | 'timeoutMs' | 'retry' | 'random' | 'clock'> {
  const misplaced = RUN_ONLY.find((name) => memberOf(options, name) !== undefined)
  if (misplaced) throw new TypeError(`${misplaced} is an option of a run: give it to deleteMany, not to the client`)
  const {
    concurrency = CONCURRENCY,
    timeoutMs = 60_000,
    retry = {},
    clock = () => new Date(),
    random = Math.random,
  } = options
  check.number(concurrency, 'concurrency', { from: 1 })
  check.number(timeoutMs, 'timeoutMs', { from: 1, to: LONGEST_TIMER_MS, whole: false })
  for (const name of ['fetch', 'onAttempt', 'clock', 'random'] as const) check.function(options[name], name)
  check.boolean(options.allowHttp, 'allowHttp')
  if (options.dispatcher !== undefined && typeof memberOf(options.dispatcher, 'dispatch') !== 'function')
    throw check.mistyped('dispatcher', 'an undici Dispatcher', options.dispatcher)
  if (options.dispatcher !== undefined && options.fetch !== undefined)
    throw new TypeError('fetch replaces the transport whole, so dispatcher would do nothing; give one of them')
  return { concurrency, timeoutMs, retry: retryPolicy(retry), clock, random }
}

function retryPolicy(retry: RetryOptions): RetryPolicy {
  check.object(retry, 'retry')
  check.names(retry, Object.keys(DEFAULT_RETRY), 'retry.')
  const {
    maxAttempts = DEFAULT_RETRY.maxAttempts,
    baseDelayMs = DEFAULT_RETRY.baseDelayMs,
    maxDelayMs = DEFAULT_RETRY.maxDelayMs,
  } = retry
  check.number(maxAttempts, 'retry.maxAttempts', { from: 1, to: 1000 })
  check.number(baseDelayMs, 'retry.baseDelayMs', { from: 0, to: LONGEST_TIMER_MS, whole: false })
  check.number(maxDelayMs, 'retry.maxDelayMs', { from: 0, to: LONGEST_TIMER_MS, whole: false })
  return { maxAttempts, baseDelayMs, maxDelayMs }
}
