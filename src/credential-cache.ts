import type { CredentialSource, Credentials } from './credentials.js'

/** Credentials are fetched anew this long before they expire, so that none expires on the way; if they live as long at all. */
const MARGIN_MS = 60_000

/** Holds credentials, and fetches them again when they expire; requests that wait share one fetch. */
export class CredentialCache {
  #current: Credentials | undefined
  #marginMs = MARGIN_MS
  #pending: Promise<Credentials> | undefined
  readonly #fetch: (() => Promise<Credentials>) | undefined

  /** @param admit Checks what the source gives; throws where this provider cannot use it. */
  constructor(source: CredentialSource, admit: (credentials: Credentials) => void) {
    if (typeof source === 'function')
      this.#fetch = async () => {
        const credentials = await source()
        admit(credentials)
        return credentials
      }
    else {
      admit(source)
      this.#current = source
    }
  }

  /** Credentials good for at least a minute where the source gives such. */
  get(now: number): Credentials | Promise<Credentials> {
    const current = this.#current
    if (current && (!this.#fetch || !expires(current, now + this.#marginMs))) return current
    return this.#refresh(now)
  }

  /** Forgets credentials that were refused as expired. False where there are no others to be had. */
  renew(refused: Credentials): boolean {
    if (!this.#fetch) return false
    if (this.#current === refused) this.#current = undefined
    return true
  }

  /** Gives up a fetch that does not come back, so that the next attempt asks anew. */
  abandon(): void {
    this.#pending = undefined
  }

  #refresh(now: number): Promise<Credentials> {
    if (this.#pending) return this.#pending
    const pending = (this.#fetch as () => Promise<Credentials>)()
      .then((credentials) => {
        this.#current = credentials
        this.#marginMs = expires(credentials, now + MARGIN_MS) ? 0 : MARGIN_MS
        return credentials
      })
      .finally(() => {
        if (this.#pending === pending) this.#pending = undefined
      })
    this.#pending = pending
    return pending
  }
}

const expires = ({ expiration }: Credentials & { expiration?: Date }, at: number): boolean =>
  expiration !== undefined && expiration.getTime() <= at
