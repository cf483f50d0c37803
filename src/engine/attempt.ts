import { hex } from '../bytes.js'
import type { Credentials } from '../credentials.js'
import { type HttpAnswer, type HttpRequest, TransportError } from '../http.js'
import { type Call, isWhole, lost, type Mode, type Refusal, type Verdict, type Written } from '../operation.js'
import type { Store } from './store.js'

/** No answer is longer than this: twice what a full batch of the longest keys fills with every character escaped. */
export const MOST_ANSWER_BYTES = 16_777_216

/** What an attempt is to send. */
export interface Errand<Item, Detail> {
  readonly operation: Call<Item, Detail>
  readonly items: readonly Item[]
  readonly written?: Written | undefined
}

/** What a dry run's attempt comes to. */
export interface Planned {
  readonly kind: 'planned'
}

/** What one attempt came to. */
export interface AttemptResult<Detail> {
  readonly verdict: Verdict<Detail> | Planned
  readonly startedAt: number
  readonly durationMs: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly status?: number
  /** Whether anything was handed to the transport. */
  readonly sent: boolean
  /** The correction of the clock that it was signed with. */
  readonly skewMs: number
  readonly credentials?: Credentials
  /** What a function of the user's threw, where that was the reason. */
  readonly cause?: unknown
}

/** Why an attempt is given up from inside. */
export const STOPPED: unique symbol = Symbol('stopped')
const TIMED_OUT = Symbol('timed out')

/** Encodes, signs and sends a request once, and reads its answer. Never rejects. */
export async function attempt<Item, Detail>(
  store: Store,
  { operation, items, written }: Errand<Item, Detail>,
  mode: Mode,
  controller: AbortController,
): Promise<AttemptResult<Detail>> {
  const clock = () => performance.now()
  const startedAt = clock()
  const skewMs = store.skewMs
  let request: HttpRequest | undefined
  let answer: HttpAnswer | undefined
  let credentials: Credentials | undefined
  let sent = false
  let cause: unknown
  const timer = setTimeout(() => controller.abort(TIMED_OUT), store.timeoutMs)
  let verdict: Verdict<Detail>
  try {
    const exchange = async () => {
      request = await operation.encode(items, mode, written)
      const date = new Date(store.clock().getTime() + skewMs)
      try {
        credentials = await store.credentials.get(date.getTime())
        store.redactor.learn(credentials)
        const context = { credentials, date, nonce, operation: operation.name, items: items.length }
        request = await store.authorize(request, context)
      } catch (error) {
        cause = error
        return credentialsFailed(error)
      }
      controller.signal.throwIfAborted()
      sent = true
      answer = await store.transport(request, controller.signal, MOST_ANSWER_BYTES)
      return operation.decode(answer, items, mode, isWhole(written) ? written : undefined)
    }
    verdict = await unlessAborted(exchange(), controller.signal)
  } catch (error) {
    if (error instanceof TransportError && error.reason === 'unsendable') sent = false
    if (error === TIMED_OUT && !credentials) store.credentials.abandon()
    verdict = explain(error, sent, store.timeoutMs)
  } finally {
    clearTimeout(timer)
  }
  return {
    verdict,
    startedAt,
    durationMs: clock() - startedAt,
    bytesSent: sent ? (request?.body?.length ?? 0) : 0,
    bytesReceived: answer?.body.length ?? 0,
    ...(answer && { status: answer.status }),
    sent,
    skewMs,
    ...(credentials && { credentials }),
    ...(cause !== undefined && { cause }),
  }
}

/** Encodes a request and does not send it. */
export async function rehearse<Item, Detail>(
  _store: Store,
  { operation, items, written }: Errand<Item, Detail>,
  mode: Mode,
): Promise<AttemptResult<Detail>> {
  const { body } = await operation.encode(items, mode, written)
  const bytesSent = body?.length ?? 0
  return {
    verdict: { kind: 'planned' },
    startedAt: 0,
    durationMs: 0,
    bytesSent,
    bytesReceived: 0,
    sent: false,
    skewMs: 0,
  }
}

/** A transport or a callback that ignores its signal must not hold the run. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function explain(error: unknown, sent: boolean, timeoutMs: number): Refusal {
  if (error === STOPPED)
    return { ...lost('NetworkError', 'The run was aborted before the store had answered'), ...aborted(sent) }
  if (error === TIMED_OUT)
    return { ...lost('Timeout', `No whole answer within ${timeoutMs} ms`), unsure: sent, arrived: sent }
  if (!(error instanceof TransportError)) {
    // Before anything left, it is no matter of the network but a callback that threw.
    if (!sent) throw error
    return lost('NetworkError', `The transport threw: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (error.reason === 'unsendable')
    return {
      kind: 'refusal',
      code: 'InvalidKey',
      message: error.message,
      remedy: 'none',
      unsure: false,
      arrived: false,
    }
  if (error.reason === 'overflow') return lost('BadResponse', error.message)
  return { ...lost('NetworkError', error.message), unsure: error.mayHaveArrived, arrived: error.mayHaveArrived }
}

const aborted = (sent: boolean) => ({ code: 'Aborted', remedy: 'none', unsure: sent, arrived: sent }) as const

const credentialsFailed = (error: unknown): Refusal => ({
  kind: 'refusal',
  code: 'NotSent',
  message: `The credentials could not be had: ${error instanceof Error ? error.message : String(error)}`,
  remedy: 'retry',
  unsure: false,
  arrived: false,
  endsRunAs: 'CredentialsFailed',
})

/** 32 hex digits that were never used before. */
const nonce = (): string => hex(crypto.getRandomValues(new Uint8Array(16)))
