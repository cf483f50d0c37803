import type { Redactor } from '../redact.js'
import type { AttemptResult } from './attempt.js'
import type { Parcel } from './parcel.js'
import type { AttemptEvent } from './store.js'

/** One attempt as it is told to `onAttempt`. */
export function attemptEvent<Item, Detail extends object>(
  { operation, items, attempts }: Parcel<Item, Detail>,
  { verdict, durationMs, status }: AttemptResult<Detail>,
  retryDelayMs: number | undefined,
  redactor: Redactor,
): AttemptEvent {
  const requestId = 'requestId' in verdict ? verdict.requestId : undefined
  return {
    operation: operation.name,
    items: items.length,
    attempt: attempts + 1,
    durationMs,
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId: redactor.redact(requestId) }),
    ...(verdict.kind === 'refusal' && { code: redactor.redact(verdict.code) }),
    ...(retryDelayMs !== undefined && { retryDelayMs }),
  }
}

/** Calls a function of the user's; `onThrow` gets what it throws, or rejects with. */
export function callGuarded(callback: () => unknown, onThrow: (cause: unknown) => void): void {
  try {
    const returned = callback()
    Promise.resolve(returned).catch(onThrow)
  } catch (cause) {
    onThrow(cause)
  }
}
