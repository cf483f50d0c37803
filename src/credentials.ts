import type { Awaitable } from './http.js'

/** A key pair, long-lived or temporary. */
export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** A Yandex Cloud IAM token, sent as a bearer token. */
export interface IamToken {
  readonly iamToken: string
  readonly expiration?: Date
}

/** What a remote signer is asked to sign. */
export interface SigningRequest {
  readonly scheme: 'sigv4' | 'acs3' | 'eop'
  readonly stringToSign: string
  /** SigV4 and ACS3: the request whose hash stands in `stringToSign`. */
  readonly canonicalRequest?: string
  /** SigV4 only. */
  readonly scope?: { readonly date: string; readonly region: string; readonly service: string }
  readonly date: Date
  readonly method: string
  readonly url: string
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
