import { hmacSha256, sha256 } from '#runtime'
import { hex, utf8 } from '../bytes.js'
import type { Awaitable, Bytes, HttpRequest } from '../http.js'
import type { Signer, SigningContext } from './signer.js'
import type { CanonicalHeaders } from './stages.js'
import { canonicalRequest, compactDate, payloadHash, remoteSignature, signedHeaders, signingFacts } from './stages.js'

// AWS Signature Version 4 in the Authorization header, from "Authenticating Requests" of the Amazon S3 API Reference.

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** What a signing key is good for: one service, in one region, for one UTC day (`yyyyMMdd`). */
export interface Scope {
  readonly date: string
  readonly region: string
  readonly service: string
}

export const credentialScope = ({ date, region, service }: Scope): string => `${date}/${region}/${service}/aws4_request`

/** Every header is signed, its value trimmed and runs of blanks in it made one space. */
export const canonicalHeaders = (headers: Readonly<Record<string, string>>): CanonicalHeaders =>
  Object.keys(headers)
    .sort()
    .map((name) => [name, (headers[name] as string).trim().replace(/[ \t]+/g, ' ')] as const)

/** @param timestamp As in `x-amz-date`. */
export const stringToSign = async (timestamp: string, scope: Scope, canonicalRequest: string): Promise<string> =>
  [ALGORITHM, timestamp, credentialScope(scope), hex(await sha256(utf8(canonicalRequest)))].join('\n')

export async function signingKey(secretAccessKey: string, { date, region, service }: Scope): Promise<Bytes> {
  const dateKey = await hmacSha256(utf8(`AWS4${secretAccessKey}`), utf8(date))
  const regionKey = await hmacSha256(dateKey, utf8(region))
  const serviceKey = await hmacSha256(regionKey, utf8(service))
  return hmacSha256(serviceKey, utf8('aws4_request'))
}

export const signature = async (signingKey: Bytes, stringToSign: string): Promise<string> =>
  hex(await hmacSha256(signingKey, utf8(stringToSign)))

export const authorization = (accessKeyId: string, scope: Scope, signedHeaders: string, signature: string): string =>
  `${ALGORITHM} Credential=${accessKeyId}/${credentialScope(scope)}, SignedHeaders=${signedHeaders}, Signature=${signature}`

export interface SigV4Options {
  readonly region: string
  readonly service?: string
}

/** Signs with AWS Signature Version 4: every header, and the hash of the body. */
export function sigv4Signer({ region, service = 's3' }: SigV4Options): Signer {
  const keyFor = latestKey()
  return async (request, context) => {
    const draft = draftOf(request, context, { region, service }, await payloadHash(request))
    return sealed(request, context, draft, await signatureOf(request, context, draft, keyFor))
  }
}

/** What is known of a signed request before its signature. */
interface Draft {
  readonly timestamp: string
  readonly scope: Scope
  readonly headers: HttpRequest['headers']
  readonly covered: CanonicalHeaders
  readonly canonical: string
}

function draftOf(
  request: HttpRequest,
  { credentials, date }: SigningContext,
  { region, service }: Omit<Scope, 'date'>,
  payload: string,
): Draft {
  const timestamp = compactDate(date)
  const { sessionToken } = credentials
  const headers = {
    ...request.headers,
    'x-amz-date': timestamp,
    'x-amz-content-sha256': payload,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  }
  const covered = canonicalHeaders({ ...headers, host: request.host })
  const canonical = canonicalRequest(request, covered, payload)
  return { timestamp, scope: { date: timestamp.slice(0, 8), region, service }, headers, covered, canonical }
}

async function signatureOf(
  request: HttpRequest,
  context: SigningContext,
  { timestamp, scope, canonical }: Draft,
  keyFor: KeyFor,
): Promise<string> {
  const text = await stringToSign(timestamp, scope, canonical)
  const { credentials } = context
  if (!('sign' in credentials)) return signature(await keyFor(credentials.secretAccessKey, scope), text)
  const facts = signingFacts(request, context)
  const asked = { scheme: 'sigv4', stringToSign: text, canonicalRequest: canonical, scope, ...facts } as const
  return remoteSignature(credentials, asked)
}

const sealed = (
  request: HttpRequest,
  { credentials }: SigningContext,
  { scope, headers, covered }: Draft,
  signature: string,
): HttpRequest => ({
  ...request,
  headers: {
    ...headers,
    authorization: authorization(credentials.accessKeyId, scope, signedHeaders(covered), signature),
  },
})

type KeyFor = (secretAccessKey: string, scope: Scope) => Awaitable<Bytes>

/** Derives signing keys and keeps the latest: it serves all requests of a day. */
function latestKey(): KeyFor {
  let latest: { readonly secret: string; readonly date: string; readonly key: Bytes } | undefined
  const derive = async (secret: string, scope: Scope) => {
    const key = await signingKey(secret, scope)
    latest = { secret, date: scope.date, key }
    return key
  }
  return (secret, scope) =>
    latest?.secret === secret && latest.date === scope.date ? latest.key : derive(secret, scope)
}
