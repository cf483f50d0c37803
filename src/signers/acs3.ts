import { hmacSha256, sha256 } from '#runtime'
import { hex, utf8 } from '../bytes.js'
import type { Signer } from './signer.js'
import type { CanonicalHeaders } from './stages.js'
import { canonicalRequest, payloadHash, remoteSignature, signedHeaders, signingFacts } from './stages.js'

// ACS3-HMAC-SHA256, from "Request syntax and signature method V3" of the Alibaba Cloud SDK documentation.

const ALGORITHM = 'ACS3-HMAC-SHA256'

/** `yyyy-MM-ddTHH:mm:ssZ` in UTC, without fractions of a second. */
export const acsDate = (date: Date): string => date.toISOString().replace(/\.\d+/, '')

/** `host`, `content-type` and `x-acs-*` are signed, their values trimmed. */
export const canonicalHeaders = (headers: Readonly<Record<string, string>>): CanonicalHeaders =>
  Object.keys(headers)
    .filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'))
    .sort()
    .map((name) => [name, (headers[name] as string).trim()] as const)

export const stringToSign = async (canonicalRequest: string): Promise<string> =>
  `${ALGORITHM}\n${hex(await sha256(utf8(canonicalRequest)))}`

export const signature = async (secretAccessKey: string, stringToSign: string): Promise<string> =>
  hex(await hmacSha256(utf8(secretAccessKey), utf8(stringToSign)))

export const authorization = (accessKeyId: string, signedHeaders: string, signature: string): string =>
  `${ALGORITHM} Credential=${accessKeyId},SignedHeaders=${signedHeaders},Signature=${signature}`

/** Signs with Alibaba Cloud's signature version 3. */
export const acs3Signer = (): Signer => async (request, context) => {
  const { credentials } = context
  const { accessKeyId, sessionToken } = credentials
  const payload = await payloadHash(request)
  const headers = {
    ...request.headers,
    'x-acs-date': acsDate(context.date),
    'x-acs-signature-nonce': context.nonce(),
    'x-acs-content-sha256': payload,
    ...(sessionToken !== undefined && { 'x-acs-security-token': sessionToken }),
  }
  const covered = canonicalHeaders({ ...headers, host: request.host })
  const canonical = canonicalRequest(request, covered, payload)
  const text = await stringToSign(canonical)
  const signed =
    'sign' in credentials
      ? await remoteSignature(credentials, {
          scheme: 'acs3',
          stringToSign: text,
          canonicalRequest: canonical,
          ...signingFacts(request, context),
        })
      : await signature(credentials.secretAccessKey, text)
  return {
    ...request,
    headers: { ...headers, authorization: authorization(accessKeyId, signedHeaders(covered), signed) },
  }
}
