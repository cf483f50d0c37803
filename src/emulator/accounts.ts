import * as check from '../check.js'
import type { IamToken, KeyPair } from '../credentials.js'

/** One, or several that are valid at the same time. */
type OneOrMore<Value> = Value | readonly Value[]

/** Who may call the emulated stores. What is past its `expiration` is refused as expired, by the emulator's clock. */
export interface AccountOptions {
  /** Default: `emulator-key` with the secret `emulator-secret`. */
  readonly credentials?: OneOrMore<KeyPair>
  /** For Yandex. Default: `emulator-iam-token`. */
  readonly iamToken?: OneOrMore<string | IamToken>
}

/** Whether what was presented is known, and still good. */
export type Standing = 'valid' | 'expired' | 'unknown'

/** The key pairs and tokens the stores know. */
export class Accounts {
  readonly #pairs: ReadonlyMap<string, KeyPair>
  readonly #tokens: ReadonlyMap<string, Date | undefined>

  constructor({ credentials = DEFAULT_PAIR, iamToken = 'emulator-iam-token' }: AccountOptions) {
    const pairs = [credentials].flat()
    const tokens: IamToken[] = [iamToken]
      .flat()
      .map((token) => (typeof token === 'string' ? { iamToken: token } : token))
    if (pairs.length === 0) throw new TypeError('credentials must not be empty')
    pairs.forEach(checkPair)
    tokens.forEach(checkToken)
    this.#pairs = new Map(pairs.map((pair) => [pair.accessKeyId, pair]))
    this.#tokens = new Map(tokens.map((token) => [token.iamToken, token.expiration]))
  }

  /** The key pair with this id. */
  find(accessKeyId: string): KeyPair | undefined {
    return this.#pairs.get(accessKeyId)
  }

  /** Whether an IAM token is good for anything. */
  standing(iamToken: string, now: Date): Standing {
    if (!this.#tokens.has(iamToken)) return 'unknown'
    return isPast(this.#tokens.get(iamToken), now) ? 'expired' : 'valid'
  }
}

const DEFAULT_PAIR: KeyPair = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }

function checkPair(pair: KeyPair): void {
  check.object(pair, 'credentials')
  check.text(pair.accessKeyId, 'credentials.accessKeyId')
  check.text(pair.secretAccessKey, 'credentials.secretAccessKey')
  if (pair.sessionToken !== undefined) check.text(pair.sessionToken, 'credentials.sessionToken')
  checkExpiration(pair.expiration, 'credentials.expiration')
}

function checkToken(token: IamToken): void {
  check.object(token, 'iamToken')
  check.text(token.iamToken, 'iamToken')
  checkExpiration(token.expiration, 'iamToken.expiration')
}

function checkExpiration(value: unknown, path: string): void {
  if (value !== undefined && !(value instanceof Date)) throw new TypeError(`${path} must be a Date`)
}

/** Whether a credential's time is over. */
export const isPast = (expiration: Date | undefined, now: Date): boolean =>
  expiration !== undefined && expiration.getTime() <= now.getTime()
