import { hmacSha256, sha256 } from '#runtime'
import { hex, utf8 } from '../bytes.js'
import { type Accounts, isPast } from './accounts.js'
import { type Incoming, Refusal } from './exchange.js'
import { Nonces } from './nonces.js'
import { canonical, isStale, orRefuse, signedNames } from './raw.js'

const AUTHORIZATION = /^ACS3-HMAC-SHA256 +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/

const REQUIRED = ['x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256']

/** Checks a request signed with Alibaba Cloud's signature of version 3; throws a `Refusal`. */
export class Acs3Verifier {
  readonly #nonces = new Nonces()

  constructor(readonly accounts: Accounts) {}

  async verify(request: Incoming, now: Date): Promise<void> {
    const { headers } = request
    const authorization = headers.authorization ?? ''
    const parts = AUTHORIZATION.exec(authorization)
    if (authorization !== '' && !authorization.startsWith('ACS3-HMAC-SHA256 '))
      throw new Refusal(400, 'InvalidSignatureMethod', 'Specified signature method is not valid.')
    if (!parts) throw incomplete('The request signature does not conform to Aliyun standards.')
    const [, accessKeyId, names, signature] = parts as unknown as [string, string, string, string]
    for (const name of REQUIRED) if (!headers[name]) throw missing(name)
    const pair = this.accounts.find(accessKeyId)
    if (!pair) throw new Refusal(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.')
    checkDate(headers['x-acs-date'] as string, now)
    const payload = hex(await sha256(request.body))
    const canonicalRequest = canonicalForm(request, names, payload)
    const stringToSign = `ACS3-HMAC-SHA256\n${hex(await sha256(utf8(canonicalRequest)))}`
    const expected = hex(await hmacSha256(utf8(pair.secretAccessKey), utf8(stringToSign)))
    // That a claimed hash which is not the body's is refused like a wrong signature is assumed.
    if (signature !== expected || headers['x-acs-content-sha256'] !== payload) {
      const message = `Specified signature does not match our calculation. Server StringToSign is [${stringToSign}], server CanonicalRequest is [${canonicalRequest}].`
      throw new Refusal(400, 'SignatureDoesNotMatch', message)
    }
    checkToken(pair.sessionToken, headers['x-acs-security-token'])
    if (isPast(pair.expiration, now))
      throw new Refusal(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.')
    if (!this.#nonces.isNew(headers['x-acs-signature-nonce'] as string, now))
      throw new Refusal(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.')
  }
}

/** The request as the signature must have seen it: with the hash of the body that came, not of the one that was claimed. */
function canonicalForm({ method, path, query, headers }: Incoming, list: string, payload: string): string {
  const names = signedNames(list, headers, incomplete('SignedHeaders must name headers that were sent, in order.'))
  const mustBeSigned = (name: string) => name.startsWith('x-acs-') || name === 'host' || name === 'content-type'
  const unsigned = Object.keys(headers).filter((name) => mustBeSigned(name) && !names.includes(name))
  if (unsigned.length > 0) throw incomplete(`These headers must be signed: ${unsigned.join(', ')}.`)
  return [
    method,
    path,
    orRefuse(() => canonical(query), new Refusal(400, 'Invalid.Parameter', 'The query is not percent-encoded.')),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    list,
    payload,
  ].join('\n')
}

function checkDate(date: string, now: Date): void {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) || Number.isNaN(Date.parse(date)))
    throw new Refusal(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.')
  if (isStale(Date.parse(date), now))
    throw new Refusal(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.')
}

function checkToken(known: string | undefined, presented: string | undefined): void {
  if (known === presented) return
  if (presented === undefined)
    throw new Refusal(400, 'MissingSecurityToken', 'SecurityToken is mandatory for this action.')
  if (known === undefined)
    throw new Refusal(400, 'InvalidSecurityToken.Malformed', 'Specified SecurityToken is malformed.')
  const message = 'Specified SecurityToken mismatches with the AccessKey.'
  throw new Refusal(400, 'InvalidSecurityToken.MismatchWithAccessKey', message)
}

const incomplete = (message: string) => new Refusal(400, 'IncompleteSignature', message)

const missing = (name: string) => {
  const message = `The input parameter "${name}" that is mandatory for processing this request is not supplied.`
  return new Refusal(400, 'MissingParameter', message)
}
