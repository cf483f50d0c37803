/** How often and how patiently a request is tried again. */
export interface RetryOptions {
  /** Attempts for one item in all, the first included; 1 to 1,000. Default 5. */
  readonly maxAttempts?: number | undefined
  /** The first delay is drawn between 0 and this; it doubles with every attempt. 0 to 2,147,483,647, default 100. */
  readonly baseDelayMs?: number | undefined
  /** No delay is longer, and a server that asks for a longer one is not waited for. 0 to 2,147,483,647, default 20,000. */
  readonly maxDelayMs?: number | undefined
}

export interface RetryPolicy {
  readonly maxAttempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
}

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 5, baseDelayMs: 100, maxDelayMs: 20_000 }

/**
 * How long to wait before the next attempt, in milliseconds: full jitter, but never less than the server asked for.
 * Undefined where there is to be no other attempt.
 *
 * @param failures How many attempts have failed, 1 or more.
 */
export function retryDelay(
  policy: RetryPolicy,
  failures: number,
  random: () => number,
  askedMs: number | undefined = 0,
): number | undefined {
  if (failures >= policy.maxAttempts || askedMs > policy.maxDelayMs) return undefined
  const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failures - 1))
  return Math.max(askedMs, random() * ceiling)
}

/** The milliseconds a `Retry-After` header asks for: seconds, or an HTTP date (RFC 9110 §10.2.3). */
export function retryAfterMs(value: string | undefined, now: () => number): number | undefined {
  if (value === undefined) return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1000
  const date = /^[A-Z][a-z]+,? /.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now())
}
