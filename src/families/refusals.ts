import type { HttpAnswer } from '../http.js'
import { type ItemFailure, lost, type Outcomes, type Refusal, type Remedy } from '../operation.js'

/** What an answer says of a request it refuses. */
export interface ServiceFailure {
  /** The service's own code; absent where the answer has none that can be read. */
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly serverTime?: Date | undefined
}

/**
 * Codes with which a store of the S3 family says of a key that it broke down over it, not that it declined. A Ceph whose
 * storage stalls was seen to delete such keys all the same.
 */
export const BROKE_DOWN: RegExp = /InternalError|RequestTimeout|UnknownError/

/** What to do about a status that no code explains. */
export function remedyForStatus(status: number): Remedy {
  if (status === 429 || status === 503) return 'slow'
  if (status === 501 || status === 505) return 'halt'
  // A success that is not the one expected is no refusal.
  // Browsers give a page 0 for a redirect, which every request would meet.
  if (status >= 500 || status === 408 || (status > 0 && status < 300)) return 'retry'
  if (status === 413) return 'fewer-bytes'
  return status === 400 || status === 422 ? 'split' : 'halt'
}

/** A table of remedies, from error codes separated by blanks. */
export const remediesByCode = (
  table: readonly (readonly [remedy: Remedy, codes: string])[],
): ReadonlyMap<string, Remedy> =>
  new Map(table.flatMap(([remedy, codes]) => codes.split(' ').map((code) => [code, remedy] as const)))

/** A request refused by the service, as the engine wants to know it. */
export function refusalOf(answer: HttpAnswer, failure: ServiceFailure, remedy: Remedy): Refusal {
  const { status } = answer
  const code = failure.code || 'BadResponse'
  // A server that failed or ran out of time, or a gateway that lost it, may have done the work; one that throttles has not.
  const unsure = remedy === 'retry' && status !== 400
  return {
    kind: 'refusal',
    code,
    message: failure.message || `The service answered HTTP ${status}${failure.code ? '' : ' and gave no code'}`,
    remedy,
    unsure,
    status,
    requestId: failure.requestId,
    retryAfterMs: failure.retryAfterMs,
    serverTime: failure.serverTime ?? dateHeader(answer),
  }
}

/** An answer of which nothing can be believed: the request may have been carried out. */
export const unreadable = (status: number, what: string, requestId?: string): Refusal =>
  lost('BadResponse', `HTTP ${status}, but ${what}`, { status, requestId })

function dateHeader(answer: HttpAnswer): Date | undefined {
  const date = new Date(answer.header('date') ?? '')
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** What the service says, and what its user can do about it. */
export const withAdvice = (message: string | undefined, advice: string | undefined): string =>
  message && advice ? `${message.replace(/[.\s]+$/, '')}; ${advice}` : message || advice || ''

/** Whether a call for one item may be refused for its own sake, by something on the way that takes no such path or header. */
export const isOfPath = ({ code, remedy, status = 0 }: Refusal): boolean =>
  remedy === 'halt' && code === 'BadResponse' && [403, 404, 405, 410, 414, 431].includes(status)

/** What that comes to. */
export const ofOne = ({ code, message, requestId }: Refusal): Outcomes<never> => ({
  kind: 'outcomes',
  requestId,
  outcomes: [{ code, message, retryable: false, unsure: false }],
})

/** An item that the answer does not mention. */
export const UNREPORTED: ItemFailure = {
  code: 'Unreported',
  message: 'The store answered and did not mention this key',
  retryable: true,
  unsure: true,
}

/** An item listed as failed without a reason. */
export const UNSPECIFIED: ItemFailure = {
  code: 'Unspecified',
  message: 'The store listed this key as failed and gave no reason',
  retryable: true,
  unsure: false,
}
