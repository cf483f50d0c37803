import { hmacSha256, sha256 } from '#runtime'
import { hex, utf8 } from '../bytes.js'
import type { KeyPair } from '../credentials.js'
import type { Bytes } from '../http.js'
import { type Accounts, isPast } from './accounts.js'
import { type Incoming, Refusal } from './exchange.js'
import { basicTime, canonical, escaped, isStale, orRefuse, plusAsBlank, SIGNATURE_LIFE_MS, signedNames } from './raw.js'
import { notImplemented } from './s3-answers.js'
import { UNSIGNED_CHUNKS } from './s3-chunks.js'

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]*)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/

/** Checks a request signed with Signature Version 4 for service `s3`; throws a `Refusal`. */
export class SigV4Verifier {
  readonly #signingKeys = new Map<string, Bytes>()

  constructor(
    readonly accounts: Accounts,
    /** The regions a scope may name, and the one to recommend. */
    readonly region: { readonly allowed: RegExp; readonly name: string },
  ) {}

  async verify(request: Incoming, now: Date): Promise<void> {
    const { headers } = request
    const authorization = headers.authorization
    if (authorization === undefined) {
      if (/(?:^|&)(?:X-Amz-)?Signature=/i.test(request.query)) throw notImplemented('presigned URLs')
      throw new Refusal(403, 'AccessDenied', 'Access Denied')
    }
    if (!authorization.startsWith('AWS4-HMAC-SHA256'))
      throw invalid('The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.')
    const parts = AUTHORIZATION.exec(authorization)
    if (!parts) throw malformed('The authorization header that you provided is not valid.')
    const [, accessKeyId, day, region, service, names, signature] = parts as unknown as Parts
    const date = headers['x-amz-date'] ?? ''
    if (Number.isNaN(basicTime(date)))
      throw new Refusal(403, 'AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
    if (service !== 's3') throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`)
    if (!this.region.allowed.test(region))
      throw malformed(`the region '${region}' is wrong; expecting '${this.region.name}'`, { Region: this.region.name })
    if (!date.startsWith(day))
      throw malformed(
        `Invalid credential date "${day}". This date is not the same as X-Amz-Date: "${date.slice(0, 8)}".`,
      )
    const pair = this.accounts.find(accessKeyId)
    if (!pair) {
      const message = 'The AWS Access Key Id you provided does not exist in our records.'
      throw new Refusal(403, 'InvalidAccessKeyId', message, { AWSAccessKeyId: accessKeyId })
    }
    checkToken(pair, headers['x-amz-security-token'], now)
    if (isStale(basicTime(date), now)) throw skewed(date, now)
    const claimed = headers['x-amz-content-sha256']
    if (claimed === undefined) throw invalid('Missing required header for this request: x-amz-content-sha256')
    const canonicalRequest = canonicalForm(request, names, claimed)
    const scope = `${day}/${region}/s3/aws4_request`
    const hashed = hex(await sha256(utf8(canonicalRequest)))
    const stringToSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hashed}`
    const key = await this.#signingKey(pair.secretAccessKey, day, region)
    if (hex(await hmacSha256(key, utf8(stringToSign))) !== signature) {
      const message =
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.'
      throw new Refusal(403, 'SignatureDoesNotMatch', message, {
        AWSAccessKeyId: accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: signature,
        CanonicalRequest: canonicalRequest,
      })
    }
    await checkPayload(request, claimed)
  }

  /** The key of a day and region: derived once. */
  async #signingKey(secret: string, day: string, region: string): Promise<Bytes> {
    const id = `${day}/${region}/${secret}`
    let key = this.#signingKeys.get(id)
    if (!key) {
      key = utf8(`AWS4${secret}`)
      for (const step of [day, region, 's3', 'aws4_request']) key = await hmacSha256(key, utf8(step))
      if (this.#signingKeys.size >= 100) this.#signingKeys.clear()
      this.#signingKeys.set(id, key)
    }
    return key
  }
}

type Parts = [
  all: string,
  accessKeyId: string,
  day: string,
  region: string,
  service: string,
  names: string,
  signature: string,
]

/** The request as the signature must have seen it. */
function canonicalForm({ method, path, query, headers }: Incoming, list: string, payload: string): string {
  const names = signedNames(list, headers, malformed('SignedHeaders must name headers that were sent, in order.'))
  const mustBeSigned = (name: string) => name.startsWith('x-amz-') || name === 'content-md5'
  const unsigned = Object.keys(headers).filter((name) => mustBeSigned(name) && !names.includes(name))
  if (!names.includes('host')) unsigned.push('host')
  if (unsigned.length > 0) {
    const message = 'There were headers present in the request which were not signed'
    throw new Refusal(403, 'AccessDenied', message, { HeadersNotSigned: unsigned.join(', ') })
  }
  const uri = new Refusal(400, 'InvalidURI', "Couldn't parse the specified URI.")
  return [
    method,
    orRefuse(
      () =>
        path
          .split('/')
          .map((segment) => escaped(decodeURIComponent(segment)))
          .join('/'),
      uri,
    ),
    orRefuse(() => canonical(plusAsBlank(query)), uri),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/[ \t]+/g, ' ')}`),
    '',
    list,
    payload,
  ].join('\n')
}

function checkToken({ sessionToken, expiration }: KeyPair, presented: string | undefined, now: Date): void {
  if (presented !== sessionToken)
    throw new Refusal(403, 'InvalidToken', 'The provided token is malformed or otherwise invalid.')
  if (isPast(expiration, now)) throw new Refusal(400, 'ExpiredToken', 'The provided token has expired.')
}

/** A hash in a header is worth what the body says. */
async function checkPayload({ method, body }: Incoming, claimed: string): Promise<void> {
  if (claimed === 'UNSIGNED-PAYLOAD' || (claimed === UNSIGNED_CHUNKS && method === 'PUT')) return
  if (claimed.startsWith('STREAMING-')) throw notImplemented(`${method} with ${claimed}`)
  const computed = hex(await sha256(body))
  if (computed === claimed) return
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed."
  const details = { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed }
  throw new Refusal(400, 'XAmzContentSHA256Mismatch', message, details)
}

const invalid = (message: string) => new Refusal(400, 'InvalidRequest', message)

const malformed = (why: string, details?: Record<string, string>) =>
  new Refusal(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${why}`, details)

function skewed(date: string, now: Date): Refusal {
  const message = 'The difference between the request time and the current time is too large.'
  return new Refusal(403, 'RequestTimeTooSkewed', message, {
    RequestTime: date,
    ServerTime: now.toISOString().replace(/\.\d+/, ''),
    MaxAllowedSkewMilliseconds: String(SIGNATURE_LIFE_MS),
  })
}
