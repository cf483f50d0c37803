/**
 * Ends one attempt from outside. An `AbortSignal` would do, but costs Node about as much as signing; whoever needs one makes
 * it of this.
 */
export class Stop {
  /** Whether the attempt has handed its request to the transport. */
  isSent = false
  /** Whether any of it may have left since; a transport that knows says so. */
  mayHaveLeft = true
  readonly #listeners: ((reason: unknown) => void)[] = []
  #reason: unknown

  /** Why it has ended; undefined while it has not. */
  get reason(): unknown {
    return this.#reason
  }

  /** Has `listener` called when it ends, or at once where it has. */
  onStop(listener: (reason: unknown) => void): void {
    if (this.#reason === undefined) this.#listeners.push(listener)
    else listener(this.#reason)
  }

  /** @param reason Not undefined; the first one stays. */
  stop(reason: unknown): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (const listener of this.#listeners.splice(0)) listener(reason)
  }
}
