import type { Credentials } from './credentials.js'
import { memberOf } from './untrusted.js'

const SECRET_MEMBERS = ['secretAccessKey', 'sessionToken', 'iamToken']
const MASK = '[redacted]'
/** Shorter ones would blank out innocent text. */
const SHORTEST_SECRET = 4

/** Kept of them, each in several spellings: more than can be in use by requests in flight, were each to have its own. */
const MOST_SPELLINGS = 400

/** Blanks out secrets in what a server or a library says. Knows the last few, because credentials change while a run goes on. */
export class Redactor {
  readonly #secrets: string[] = []

  learn(credentials: Credentials): void {
    for (const name of SECRET_MEMBERS) this.#learn(memberOf(credentials, name))
  }

  #learn(secret: unknown): void {
    if (typeof secret !== 'string' || secret.length < SHORTEST_SECRET || this.#secrets.includes(secret)) return
    const encoded = encodeURIComponent(secret)
    const lower = encoded.replace(/%../g, (byte) => byte.toLowerCase())
    this.#secrets.unshift(...new Set([secret, encoded, lower, JSON.stringify(secret).slice(1, -1)]))
    this.#secrets.length = Math.min(this.#secrets.length, MOST_SPELLINGS)
  }

  /** At most 500 characters of `text`, with no secret in them. */
  redact(text: string): string {
    const clean = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text)
    return clean.length > 500 ? `${clean.slice(0, 500)}…` : clean
  }
}
