import { hmacSha256 } from '#runtime'
import { base64, utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Signer } from './signer.js'
import { compactDate, payloadHash, remoteSignature, signingFacts } from './stages.js'

// EOP, from the signature pages of the CTyun (天翼云) OpenAPI documentation. It covers neither method nor path nor host.

const EIGHT_HOURS_MS = 8 * 60 * 60 * 1000

/** `yyyyMMddTHHmmssZ` in Beijing time: here the Z is only a letter. */
export const eopDate = (date: Date): string => compactDate(new Date(date.getTime() + EIGHT_HOURS_MS))

/** The nonce's 32 digits in the groups of a UUID. */
export const requestId = (nonce: string): string => nonce.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** @param query Canonical; empty where there is none. */
export const stringToSign = (requestId: string, eopDate: string, query: string, payloadHash: string): string =>
  [`ctyun-eop-request-id:${requestId}`, `eop-date:${eopDate}`, '', query, payloadHash].join('\n')

/** The three keys, each made with the one before; the last signs. */
export async function keyChain(
  secretAccessKey: string,
  accessKeyId: string,
  eopDate: string,
): Promise<{ kTime: Bytes; kAk: Bytes; kDate: Bytes }> {
  const kTime = await hmacSha256(utf8(secretAccessKey), utf8(eopDate))
  const kAk = await hmacSha256(kTime, utf8(accessKeyId))
  const kDate = await hmacSha256(kAk, utf8(eopDate.slice(0, 8)))
  return { kTime, kAk, kDate }
}

export const signature = async (kDate: Bytes, stringToSign: string): Promise<string> =>
  base64(await hmacSha256(kDate, utf8(stringToSign)))

export const authorization = (accessKeyId: string, signature: string): string =>
  `${accessKeyId} Headers=ctyun-eop-request-id;eop-date Signature=${signature}`

/** Signs as CTyun's EOP gateway asks; the scheme knows no session token. */
export const eopSigner = (): Signer => async (request, context) => {
  const { credentials } = context
  const { accessKeyId } = credentials
  const id = requestId(context.nonce())
  const date = eopDate(context.date)
  const text = stringToSign(id, date, request.query, await payloadHash(request))
  const signed =
    'sign' in credentials
      ? await remoteSignature(credentials, { scheme: 'eop', stringToSign: text, ...signingFacts(request, context) })
      : await signature((await keyChain(credentials.secretAccessKey, accessKeyId, date)).kDate, text)
  return {
    ...request,
    headers: {
      ...request.headers,
      'ctyun-eop-request-id': id,
      'eop-date': date,
      'eop-authorization': authorization(accessKeyId, signed),
    },
  }
}
