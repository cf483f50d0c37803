import { SIGNATURE_LIFE_MS } from './raw.js'

/** How many nonces are kept at least, however fast they come; twice as many at most. */
const GENERATION = 100_000

/** The nonces of the last quarter of an hour, in bounded memory: the older half is dropped whole. */
export class Nonces {
  #current = new Set<string>()
  #previous = new Set<string>()
  #since = Number.NEGATIVE_INFINITY

  /** Takes note of a nonce; false where it was used before. */
  isNew(nonce: string, now: Date): boolean {
    if (this.#current.size >= GENERATION || now.getTime() - this.#since > SIGNATURE_LIFE_MS) {
      this.#previous = this.#current
      this.#current = new Set()
      this.#since = now.getTime()
    }
    if (this.#current.has(nonce) || this.#previous.has(nonce)) return false
    this.#current.add(nonce)
    return true
  }
}
