import type { DeleteReport, PutReport } from './report.js'

const MARK = Symbol.for('keysweep.error')

/** What a `KeysweepError` carries beside its message. */
export interface KeysweepErrorDetails {
  readonly code: string
  readonly provider: string
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly report?: DeleteReport | PutReport | undefined
  readonly cause?: unknown
}

/**
 * The one error a run rejects with. What happened to a single key is data in the report, never thrown.
 *
 * `code` is the service's own code where the service stopped the run (`SignatureDoesNotMatch`, `NoSuchBucket`, …), or
 * `BadResponse` where it gave none; else one of `Aborted`, `SourceFailed`, `CallbackFailed`, `CredentialsFailed`, `Unexpected`.
 * After an abort `name` is `AbortError`.
 */
export class KeysweepError extends Error {
  override name = 'KeysweepError'
  readonly code: string
  /** Which provider, as its import is called: `alibaba-esa`, `s3`, … */
  readonly provider: string
  readonly status?: number
  readonly requestId?: string
  /**
   * What is known of every item taken so far. From `deleteBatches` and `putBatches` its lists are empty, because every
   * batch was yielded before; its `stats` are those of the whole run.
   */
  readonly report?: DeleteReport | PutReport

  constructor(message: string, details: KeysweepErrorDetails) {
    super(message, details.cause !== undefined ? { cause: details.cause } : undefined)
    this.code = details.code
    this.provider = details.provider
    if (details.status !== undefined) this.status = details.status
    if (details.requestId !== undefined) this.requestId = details.requestId
    // Not enumerable: a report can hold a million keys, and loggers print whatever they can enumerate.
    if (details.report !== undefined) Object.defineProperty(this, 'report', { value: details.report })
    if (details.code === 'Aborted') this.name = 'AbortError'
    Object.defineProperty(this, MARK, { value: true })
  }
}

/** Whether `value` is a `KeysweepError`, of this copy of the package or another (`instanceof` fails between ESM and CommonJS). */
export function isKeysweepError(value: unknown): value is KeysweepError {
  return value instanceof Error && MARK in value
}
