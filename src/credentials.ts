import * as check from './check.js'
import type { Awaitable } from './http.js'
import { memberOf } from './untrusted.js'

/** A key pair, long-lived or temporary. */
export interface KeyPair {
  readonly accessKeyId: string
  /** Never sent, and shown nowhere. */
  readonly secretAccessKey: string
  /** Belongs to a temporary key. */
  readonly sessionToken?: string
  /** A function that gave this is called again a minute before; without a function it is not looked at. */
  readonly expiration?: Date
}

/** A Yandex Cloud IAM token, sent as a bearer token. */
export interface IamToken {
  readonly iamToken: string
  /** A function that gave this is called again a minute before; without a function it is not looked at. */
  readonly expiration?: Date
}

/** What a remote signer is asked to sign. */
export interface SigningRequest {
  readonly scheme: 'sigv4' | 'acs3' | 'eop'
  /** What the signature is an HMAC of. */
  readonly stringToSign: string
  /** SigV4 and ACS3: the request whose hash stands in `stringToSign`. */
  readonly canonicalRequest?: string
  /** SigV4 only: what the signing key is derived from. */
  readonly scope?: { readonly date: string; readonly region: string; readonly service: string }
  /** When the request is signed, as it stands in its headers. */
  readonly date: Date
  readonly method: string
  /** With the host that is signed for, which a proxy's is not. */
  readonly url: string
  /** The provider's name of the call, such as `DeleteObjects`. */
  readonly operation: string
  /** How many items the request carries. */
  readonly items: number
}

/** A key whose secret stays on a server: `sign` asks that server for each signature. */
export interface RemoteKey {
  readonly accessKeyId: string
  readonly sessionToken?: string
  /** Resolves to the signature as the scheme writes it: hex, for EOP base64. */
  readonly sign: (request: SigningRequest) => Promise<string>
}

export type Credentials = KeyPair | IamToken | RemoteKey

/** Credentials that can sign; an IAM token is sent instead. */
export type SigningCredentials = KeyPair | RemoteKey

/** Credentials, or a function that fetches them: called again when they expire or are refused as expired. */
export type CredentialSource<Kind extends Credentials = Credentials> = Kind | (() => Awaitable<Kind>)

const HEADER_SAFE = /^[\x21-\x7e]+$/

/** Checks credentials of one of the admitted kinds: every text in them must fit a header. */
export function admitCredentials(credentials: unknown, takesIamToken: boolean): void {
  const kinds = `{ accessKeyId, secretAccessKey }, { accessKeyId, sign }${takesIamToken ? ' or { iamToken }' : ''}`
  if (typeof credentials !== 'object' || credentials === null) throw check.mistyped('credentials', kinds, credentials)
  if (memberOf(credentials, 'then') !== undefined)
    throw new TypeError('credentials must not be a Promise: await it, or give a function')
  const token = memberOf(credentials, 'iamToken')
  if (token !== undefined && !takesIamToken)
    throw new TypeError('credentials.iamToken is not known to this provider; use { accessKeyId, secretAccessKey }')
  const sign = memberOf(credentials, 'sign')
  check.function(sign, 'credentials.sign')
  const secret = sign === undefined ? ['secretAccessKey'] : []
  for (const name of token === undefined ? ['accessKeyId', ...secret] : ['iamToken'])
    check.text(memberOf(credentials, name), `credentials.${name}`)
  for (const name of ['accessKeyId', 'sessionToken', 'iamToken']) {
    const value = memberOf(credentials, name)
    if (value === undefined) continue
    if (!HEADER_SAFE.test(check.text(value, `credentials.${name}`)))
      throw new TypeError(`credentials.${name} must be printable ASCII without spaces`)
  }
  if (/^\s|\s$/.test(String(memberOf(credentials, 'secretAccessKey'))))
    throw new TypeError('credentials.secretAccessKey must not begin or end with white space')
  const expiration = memberOf(credentials, 'expiration')
  if (expiration !== undefined && !(expiration instanceof Date && !Number.isNaN(expiration.getTime())))
    throw check.mistyped('credentials.expiration', 'a valid Date', expiration)
}
