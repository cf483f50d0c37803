import { sha256 } from '#runtime'
import { hex } from '../bytes.js'
import type { RemoteKey, SigningRequest } from '../credentials.js'
import type { HttpRequest } from '../http.js'
import { describe } from '../untrusted.js'
import type { SigningContext } from './signer.js'

/** Headers a signature covers: lower-case names in order, values as they are signed. */
export type CanonicalHeaders = readonly (readonly [name: string, value: string])[]

const NOTHING = new Uint8Array()

/** Lower-case hex SHA-256 of the body; of no bytes where there is none. */
export const payloadHash = async ({ body = NOTHING, bodySha256 }: HttpRequest): Promise<string> =>
  hex(bodySha256 ?? (await sha256(body)))

/** `yyyyMMddTHHmmssZ` in UTC, without fractions of a second. */
export function compactDate(date: Date): string {
  const iso = date.toISOString()
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

/** The names of the headers a signature covers. */
export const signedHeaders = (headers: CanonicalHeaders): string => headers.map((header) => header[0]).join(';')

/** The request as SigV4 and ACS3 hash it. */
export const canonicalRequest = (
  { method, path, query }: Pick<HttpRequest, 'method' | 'path' | 'query'>,
  headers: CanonicalHeaders,
  payloadHash: string,
): string =>
  [method, path, query, ...headers.map((header) => header.join(':')), '', signedHeaders(headers), payloadHash].join(
    '\n',
  )

/** The signature that a remote signer gives. @throws {TypeError} Where it gives none. */
export async function remoteSignature(credentials: RemoteKey, request: SigningRequest): Promise<string> {
  const signature: unknown = await credentials.sign(request)
  if (typeof signature === 'string' && /^[\x21-\x7e]+$/.test(signature)) return signature
  throw new TypeError(`credentials.sign must resolve to hex or base64, not ${describe(signature)}`)
}

/** What a remote signer is told under any scheme. */
export const signingFacts = (
  { method, base, path, query }: HttpRequest,
  { date, operation, items }: SigningContext,
): Pick<SigningRequest, 'method' | 'url' | 'date' | 'operation' | 'items'> => ({
  method,
  url: query ? `${base}${path}?${query}` : base + path,
  date,
  operation,
  items,
})
