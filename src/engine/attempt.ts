import { hex } from '../bytes.js'
import type { Credentials } from '../credentials.js'
import { type HttpAnswer, type HttpRequest, TransportError } from '../http.js'
import { type Call, isWhole, lost, type Mode, type Refusal, type Verdict, type Written } from '../operation.js'
import type { Stop } from '../stop.js'
import { retryAfterMs } from './retry.js'
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

/** What an attempt comes to that was given up before it was sent. */
export interface Held {
  readonly kind: 'held'
}

/** What one attempt came to. */
export interface AttemptResult<Detail> {
  readonly verdict: Verdict<Detail> | Planned | Held
  readonly startedAt: number
  readonly durationMs: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly status?: number | undefined
  /** Whether anything was handed to the transport. */
  readonly sent: boolean
  /** How long the answer asks to wait in HTTP's own way, in milliseconds. */
  readonly askedMs?: number | undefined
  /** The correction of the clock that it was signed with. */
  readonly skewMs: number
  readonly credentials?: Credentials | undefined
  /** What a function of the user's threw, where that was the reason. */
  readonly cause?: unknown
}

/** Why an attempt is given up from inside. */
export const STOPPED: unique symbol = Symbol('stopped')
/** The same before it is sent, because the run ends; it is what that comes to, too. */
export const HELD: Held = { kind: 'held' }
const TIMED_OUT = Symbol('timed out')

/**
 * Encodes, signs and sends a request once, and reads its answer; only encodes it in a dry run. Rejects only where a callback of
 * the user's threw.
 */
export const attempt = <Item, Detail>(
  store: Store,
  errand: Errand<Item, Detail>,
  mode: Mode,
  stop: Stop,
  dryRun = false,
): Promise<AttemptResult<Detail>> => new Attempt(store, errand, mode, stop, dryRun).run()

/** An attempt while it is made. In small steps: V8 compiles long functions before a run has earned the time it takes. */
class Attempt<Item, Detail> {
  readonly #startedAt = performance.now()
  readonly #skewMs: number
  #request: HttpRequest | undefined
  #answer: HttpAnswer | undefined
  #credentials: Credentials | undefined
  #isSent = false
  #cause: unknown

  constructor(
    private readonly store: Store,
    private readonly errand: Errand<Item, Detail>,
    private readonly mode: Mode,
    private readonly stop: Stop,
    private readonly dryRun: boolean,
  ) {
    this.#skewMs = store.skewMs
  }

  async run(): Promise<AttemptResult<Detail>> {
    const timer = setTimeout(() => this.stop.stop(TIMED_OUT), this.store.timeoutMs)
    try {
      return this.#result(await unlessStopped(this.#exchange(), this.stop))
    } catch (error) {
      return this.#result(this.#explain(error))
    } finally {
      clearTimeout(timer)
    }
  }

  async #exchange(): Promise<Verdict<Detail> | Planned> {
    const { operation, items, written } = this.errand
    this.#request = await operation.encode(items, this.mode, written)
    if (this.dryRun) return { kind: 'planned' }
    const refusal = await this.#authorize(this.#request)
    return refusal ?? operation.decode(await this.#send(), items, this.mode, isWhole(written) ? written : undefined)
  }

  /** Signs the request; gives a refusal where it cannot be. */
  async #authorize(request: HttpRequest): Promise<Refusal | undefined> {
    const { store, errand } = this
    const date = new Date(store.clock().getTime() + this.#skewMs)
    if (Number.isNaN(date.getTime())) throw new TypeError('clock must return a valid Date')
    try {
      const credentials = await store.credentials.get(date.getTime())
      this.#credentials = credentials
      store.redactor.learn(credentials)
      const context = { credentials, date, nonce, operation: errand.operation.name, items: errand.items.length }
      this.#request = await store.authorize(request, context)
    } catch (error) {
      this.#cause = error
      return credentialsFailed(error)
    }
    return undefined
  }

  async #send(): Promise<HttpAnswer> {
    if (this.stop.reason !== undefined) throw this.stop.reason
    this.#isSent = this.stop.isSent = true
    this.#answer = await this.store.transport(this.#request as HttpRequest, this.stop, MOST_ANSWER_BYTES)
    return this.#answer
  }

  #explain(error: unknown): Refusal | Held {
    if (error === HELD) return HELD
    if (error instanceof TransportError && error.reason === 'unsendable') this.#isSent = false
    if (error === TIMED_OUT && !this.#credentials) this.store.credentials.abandon()
    if (error === TIMED_OUT || error === STOPPED) this.#isSent &&= this.stop.mayHaveLeft
    return explain(error, this.#isSent, this.store.timeoutMs)
  }

  #result(verdict: AttemptResult<Detail>['verdict']): AttemptResult<Detail> {
    return {
      verdict,
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#startedAt,
      bytesSent: this.#isSent || this.dryRun ? (this.#request?.body?.length ?? 0) : 0,
      bytesReceived: this.#answer?.body.length ?? 0,
      status: this.#answer?.status,
      sent: this.#isSent,
      askedMs: this.#answer && askedMs(this.#answer, this.store.clock, this.#skewMs),
      skewMs: this.#skewMs,
      credentials: this.#credentials,
      cause: this.#cause,
    }
  }
}

/** A date is read by the clock of whoever wrote it, or else by the user's. */
const askedMs = (answer: HttpAnswer, clock: () => Date, skewMs: number): number | undefined =>
  retryAfterMs(
    answer.header('retry-after'),
    () => Date.parse(answer.header('date') ?? '') || clock().getTime() + skewMs,
  )

/** A transport or a callback that does not stop must not hold the run. */
const unlessStopped = <Value>(promise: Promise<Value>, stop: Stop): Promise<Value> =>
  new Promise((resolve, reject) => {
    stop.onStop(reject)
    promise.then(resolve, reject)
  })

/** What a `TransportError` comes to, by its reason. */
const CODES = { network: 'NetworkError', overflow: 'BadResponse', unsendable: 'InvalidKey' } as const

function explain(error: unknown, isSent: boolean, timeoutMs: number): Refusal {
  const byHow = (arrived: boolean) => ({ unsure: arrived, arrived })
  if (error === STOPPED)
    return lost('Aborted', 'The run was aborted before the store had answered', { remedy: 'none', ...byHow(isSent) })
  if (error === TIMED_OUT) return lost('Timeout', `No whole answer within ${timeoutMs} ms`, byHow(isSent))
  if (error instanceof TransportError) {
    const { reason, message, mayHaveArrived } = error
    return lost(CODES[reason], message, {
      ...byHow(mayHaveArrived),
      ...(reason === 'unsendable' && { remedy: 'none' }),
    })
  }
  // Before anything left, it is no matter of the network but a callback that threw.
  if (!isSent) throw error
  return lost('NetworkError', `The transport threw: ${messageOf(error)}`)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const credentialsFailed = (error: unknown): Refusal =>
  lost('NotSent', `The credentials could not be had: ${messageOf(error)}`, {
    unsure: false,
    arrived: false,
    endsRunAs: 'CredentialsFailed',
  })

/** 32 hex digits that were never used before. */
const nonce = (): string => hex(crypto.getRandomValues(new Uint8Array(16)))
