import type { DeletedKey, FailedKey } from 'keysweep'
import type { Fate } from './fates.js'
import type { Given } from './input.js'
import type { Account } from './run.js'
import { CONTAINER } from './stores.js'
import { type Exchange, sayingOf } from './way.js'

type Lie = (what: string) => void

/** The store and the wire, as they were. */
export class Truth {
  /** Keys that nobody named and that are gone all the same. */
  readonly missing: readonly string[]
  /** Requests by the ids they carried. */
  readonly #exchanges = new Map<string, Exchange[]>()
  /** How often each key was given. */
  readonly #times = new Map<string, number>()
  readonly #held: ReadonlySet<string>
  /** Requests that were lost unread, so that nobody knows what they carried. */
  readonly #hasLost: boolean
  readonly #timedOut: boolean

  constructor(readonly account: Account) {
    const { exchanges, stock, state, plan, layer, events } = account
    for (const exchange of exchanges)
      for (const id of exchange.asked?.ids ?? []) {
        const others = this.#exchanges.get(id)
        if (others) others.push(exchange)
        else this.#exchanges.set(id, [exchange])
      }
    for (const { key } of stock.given) this.#times.set(key, (this.#times.get(key) ?? 0) + 1)
    this.#held = new Set(state.keys(plan.store, CONTAINER))
    this.#hasLost = layer.lostConnections > 0 || exchanges.some(({ asked }) => asked === undefined)
    // Believed only where the time has passed.
    this.#timedOut = events.some(({ code, durationMs }) => code === 'Timeout' && durationMs >= plan.timeoutMs - 2)
    this.missing = [...stock.held].filter((key) => !this.#times.has(key) && !this.#held.has(key))
  }

  judge({ given, index, done, failed }: Fate, lie: Lie): void {
    const { id, key } = given
    if (id === undefined) return
    const exchanges = this.#exchanges.get(id) ?? []
    const lieOfItem = (what: string) => {
      const told = exchanges.map((one) => `${one.status ?? '-'} ${one.code ?? ''} ${sayingOf(one, id)}`)
      const reported = JSON.stringify({ ...(failed ?? done), key: undefined })
      lie(`item ${index}, ${id.slice(0, 60)}: ${what} (${reported}; told: ${told.join(', ') || 'nothing'})`)
    }
    if (done) this.#judgeDone(given, id, done, exchanges, lieOfItem)
    // Requests that carried a twin tell nothing of this one.
    if (!failed || this.#times.get(key) !== 1) return
    this.#judgeFailed(given, id, failed, exchanges, lieOfItem)
    this.#judgePatience(id, failed, exchanges, lieOfItem)
  }

  #judgeDone(given: Given, id: string, done: DeletedKey, exchanges: readonly Exchange[], lie: Lie): void {
    const { plan, state } = this.account
    const isPut = plan.action === 'put'
    if (!exchanges.some((exchange) => sayingOf(exchange, id) === 'done')) lie('done, and the store never said so')
    if (isPut !== this.#isThere(given)) lie(isPut ? 'written, and not there' : 'deleted, and still there')
    const { deleteMarkerVersionId: marker } = done
    if (marker === undefined || given.versionId !== undefined) return
    const versions = state.versions(plan.store, CONTAINER, given.key)
    if (!versions.some(({ versionId, deleteMarker }) => versionId === marker && deleteMarker))
      lie('made a delete marker that is not there')
  }

  #judgeFailed(given: Given, id: string, failed: FailedKey, exchanges: readonly Exchange[], lie: Lie): void {
    const { aborted, left, refusedConnections } = this.account
    const { outcome, attempts } = failed
    const unseen = attempts - exchanges.length
    const isClear = exchanges.every((exchange) => sayingOf(exchange, id) === 'no')
    if (unseen < 0) lie(`seen ${exchanges.length} times`)
    if (outcome === 'unknown') {
      // A conflict may be with an earlier request of the same run.
      const hasConflict = exchanges.some(({ status }) => status === 409)
      const isExcused = aborted || left || this.#timedOut || (unseen > 0 && this.#hasLost)
      if (isClear && !hasConflict && !isExcused) lie('unknown, for no reason')
      return
    }
    if (this.#hasChanged(given, id)) lie('changed all the same')
    if (outcome === 'not-sent' && exchanges.length > 0) lie('never sent, and seen by the store')
    if (outcome === 'refused' && !isClear) lie('refused, and may have been done')
    if (refusedConnections > 0 || this.#hasLost) return
    if (unseen > 0) lie(`${outcome}, and tried ${unseen} times more than was seen`)
    if (outcome === 'refused' && exchanges.length === 0) lie('refused, and never seen by the store')
  }

  /** What may pass is tried as often as the plan says, and what asks for patience is given it. */
  #judgePatience(id: string, { retryable, attempts }: FailedKey, exchanges: readonly Exchange[], lie: Lie): void {
    const { plan, report, error, left } = this.account
    // What was not heard cannot be obeyed.
    if (this.#timedOut) return
    for (const [index, { askedMs, endedAt = 0, ...exchange }] of exchanges.entries()) {
      const next = exchanges[index + 1]
      if (!askedMs || !next || sayingOf(exchange, id) === 'done') continue
      if (askedMs > plan.retry.maxDelayMs) lie('sent again, though it asked for longer than allowed')
      else if (next.at - endedAt < askedMs - 20) lie('sent again too soon')
    }
    const isCutShort = error !== undefined || left || report?.resumeFrom !== undefined || plan.maxRequests !== undefined
    const asksForPatience = plan.retryAfter !== undefined || plan.emulator.retryAfter !== undefined
    // Attempts without credentials count as failures, but carry nothing.
    const isExcused = isCutShort || asksForPatience || /once|fails/.test(plan.credentials)
    if (retryable && !isExcused && attempts < plan.retry.maxAttempts) lie('may succeed later, and was given up')
  }

  #hasChanged(given: Given, id: string): boolean {
    const { plan, stock } = this.account
    const wasThere = given.versionId === undefined ? stock.held.has(given.key) : stock.versions.has(id)
    const isThere = this.#isThere(given)
    return plan.action === 'delete' ? wasThere && !isThere : !wasThere && isThere
  }

  #isThere({ key, versionId }: Given): boolean {
    const { plan, state } = this.account
    if (versionId === undefined) return this.#held.has(key)
    return state.versions(plan.store, CONTAINER, key).some((version) => version.versionId === versionId)
  }
}
