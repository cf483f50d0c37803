import { hmacSha256, sha256 } from '#runtime'
import { base64, hex, utf8 } from '../bytes.js'
import type { KeyPair } from '../credentials.js'
import type { Bytes } from '../http.js'
import { type Accounts, isPast } from './accounts.js'
import { type Incoming, Refusal } from './exchange.js'
import { basicTime, canonical, isStale, orRefuse, signedNames } from './raw.js'

const AUTHORIZATION = /^(\S+) Headers=(\S+) Signature=([A-Za-z0-9+/]{43}=)$/

/** Beijing, whose time the gateway speaks, has no summer time. */
const BEIJING_MS = 8 * 3_600_000

/**
 * Checks a request signed for CTyun's EOP gateway; throws a `Refusal`. Neither method nor path nor host are signed.
 * A stale date is refused as a wrong signature, for its own code is unknown.
 */
export async function verifyEop({ headers, query, body }: Incoming, accounts: Accounts, now: Date): Promise<void> {
  const parts = AUTHORIZATION.exec(headers['eop-authorization'] ?? '')
  if (!parts) throw unsigned('the eop-authorization header is missing or malformed')
  const [, accessKeyId, list, signature] = parts as unknown as [string, string, string, string]
  const names = signedNames(list, headers, unsigned('Headers= must name headers that were sent, in order'))
  const date = headers['eop-date'] ?? ''
  for (const name of ['ctyun-eop-request-id', 'eop-date'])
    if (!names.includes(name) || !headers[name]) throw unsigned(`${name} must be sent and signed`)
  const pair = accounts.find(accessKeyId)
  if (!pair || isPast(pair.expiration, now)) throw new Refusal(401, 'CTAPI_10002', 'ctyun-EOP: invalid access key')
  if (isStale(basicTime(date) - BEIJING_MS, now)) throw unsigned('eop-date is out of date')
  const lines = names.map((name) => `${name}:${headers[name] ?? ''}\n`).join('')
  const sorted = orRefuse(() => canonical(query), unsigned('the query is not percent-encoded'))
  const stringToSign = `${lines}\n${sorted}\n${hex(await sha256(body))}`
  const key = await signingKey(pair, date)
  if (base64(await hmacSha256(key, utf8(stringToSign))) !== signature) throw unsigned('signature verification failed')
}

async function signingKey({ accessKeyId, secretAccessKey }: KeyPair, date: string): Promise<Bytes> {
  let key = utf8(secretAccessKey)
  for (const step of [date, accessKeyId, date.slice(0, 8)]) key = await hmacSha256(key, utf8(step))
  return key
}

const unsigned = (why: string) => new Refusal(401, 'CTAPI_10009', `ctyun-EOP: ${why}`)
