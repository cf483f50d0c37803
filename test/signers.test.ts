import { createHmac } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { hmacSha256 } from '#runtime'
import { canonicalQuery, hex, utf8 } from '../src/bytes.js'
import type { KeyPair, RemoteKey, SigningCredentials, SigningRequest } from '../src/credentials.js'
import type { HttpRequest } from '../src/http.js'
import * as acs3 from '../src/signers/acs3.js'
import { signed, signedOrBearer } from '../src/signers/authorize.js'
import * as eop from '../src/signers/eop.js'
import type { SigningContext } from '../src/signers/signer.js'
import * as sigv4 from '../src/signers/sigv4.js'
import { canonicalRequest, compactDate, payloadHash, signedHeaders } from '../src/signers/stages.js'
import acs3Vectors from './vectors/acs3.json'
import eopVectors from './vectors/eop.json'
import sigv4Vectors from './vectors/sigv4.json'

vi.mock('#runtime', { spy: true })

/** Node's own HMAC, whichever half is under test. */
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/** A remote signer's answer by a server that holds the secret, and what it was asked. */
function remote(accessKeyId: string, answer: (request: SigningRequest) => string) {
  const asked: SigningRequest[] = []
  const sign: RemoteKey['sign'] = async (request) => {
    asked.push(request)
    return answer(request)
  }
  return { asked, key: { accessKeyId, sign } satisfies RemoteKey }
}

const context = (credentials: SigningCredentials, date: string, nonce = '0'.repeat(32)): SigningContext => ({
  credentials,
  date: new Date(date),
  nonce: () => nonce,
  operation: 'delete',
  items: 2,
})

const without = (headers: Record<string, string>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

interface SigV4Vector {
  readonly name: string
  readonly input: {
    readonly method: HttpRequest['method']
    readonly query: readonly [string, string][]
    readonly headers: Record<string, string>
    readonly body?: string
    readonly region: string
    readonly service: string
    readonly date: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
    readonly payload: 'signed' | 'unsigned'
  }
  readonly expected: Record<
    | 'url'
    | 'host'
    | 'path'
    | 'canonicalQuery'
    | 'amzDate'
    | 'payloadHash'
    | 'signedHeaders'
    | 'canonicalRequest'
    | 'stringToSign'
    | 'signature'
    | 'authorization',
    string
  >
}

const sigv4Request = ({ input, expected }: SigV4Vector): HttpRequest => ({
  method: input.method,
  base: new URL(expected.url).origin,
  host: expected.host,
  path: expected.path,
  query: canonicalQuery(input.query),
  headers: input.headers,
  ...(input.body !== undefined && { body: utf8(input.body) }),
})

describe('SigV4', () => {
  const vectors = sigv4Vectors.vectors as unknown as SigV4Vector[]
  const first = vectors[0] as SigV4Vector
  const keyPair = ({ accessKeyId, secretAccessKey, sessionToken }: SigV4Vector['input']): KeyPair => ({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  })
  const addedHeaders = ({ input, expected }: SigV4Vector) => ({
    'x-amz-date': expected.amzDate,
    'x-amz-content-sha256': expected.payloadHash,
    ...(input.sessionToken !== undefined && { 'x-amz-security-token': input.sessionToken }),
  })

  it.each(vectors)('$name, stage by stage', async (vector) => {
    const { input, expected } = vector
    const request = sigv4Request(vector)
    const timestamp = compactDate(new Date(input.date))
    expect(timestamp).toBe(expected.amzDate)
    const payload = input.payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : await payloadHash(request)
    expect(payload).toBe(expected.payloadHash)
    expect(request.query).toBe(expected.canonicalQuery)
    const headers = sigv4.canonicalHeaders({ ...input.headers, ...addedHeaders(vector), host: request.host })
    expect(signedHeaders(headers)).toBe(expected.signedHeaders)
    const canonical = canonicalRequest(request, headers, payload)
    expect(canonical).toBe(expected.canonicalRequest)
    const scope = { date: timestamp.slice(0, 8), region: input.region, service: input.service }
    const text = await sigv4.stringToSign(timestamp, scope, canonical)
    expect(text).toBe(expected.stringToSign)
    const signature = await sigv4.signature(await sigv4.signingKey(input.secretAccessKey, scope), text)
    expect(signature).toBe(expected.signature)
    expect(sigv4.authorization(input.accessKeyId, scope, expected.signedHeaders, signature)).toBe(
      expected.authorization,
    )
  })

  it.each(vectors.filter(({ input }) => input.payload === 'signed'))('$name, signed', async (vector) => {
    const { input, expected } = vector
    const request = sigv4Request(vector)
    expect(input.service).toBe('s3')
    const signed = await sigv4.sigv4Signer({ region: input.region })(request, context(keyPair(input), input.date))
    expect(signed).toEqual({
      ...request,
      headers: { ...input.headers, ...addedHeaders(vector), authorization: expected.authorization },
    })
  })

  it('derives the signing key of the example in the AWS documentation', async () => {
    const scope = { date: '20150830', region: 'us-east-1', service: 'iam' }
    const key = await sigv4.signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope)
    expect(hex(key)).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9')
  })

  it('makes one space of blanks inside a header value and none of those around it', () => {
    expect(sigv4.canonicalHeaders({ 'x-amz-mfa': '\t serial \t  123456 ' })).toEqual([['x-amz-mfa', 'serial 123456']])
  })

  it('uses the hash of the body where the request brings it', async () => {
    const request = { ...sigv4Request(first), bodySha256: new Uint8Array(32).fill(0xab) }
    const signed = await sigv4.sigv4Signer({ region: 'kr' })(request, context(keyPair(first.input), first.input.date))
    expect(signed.headers['x-amz-content-sha256']).toBe('ab'.repeat(32))
  })

  it('derives the signing key once for a day and a secret', async () => {
    const request = sigv4Request(first)
    const sign = sigv4.sigv4Signer({ region: 'us-east-1' })
    const keys = keyPair(first.input)
    const steps = [
      { credentials: keys, date: '2026-01-02T00:00:00Z', derives: true },
      { credentials: keys, date: '2026-01-02T23:59:59.999Z', derives: false },
      { credentials: { ...keys, accessKeyId: 'OTHER' }, date: '2026-01-02T23:59:59Z', derives: false },
      { credentials: keys, date: '2026-01-03T00:00:00Z', derives: true },
      { credentials: { ...keys, secretAccessKey: 'other' }, date: '2026-01-03T00:00:00Z', derives: true },
      { credentials: keys, date: '2026-01-03T00:00:00Z', derives: true },
    ]
    for (const { credentials, date, derives } of steps) {
      vi.mocked(hmacSha256).mockClear()
      const signed = await sign(request, context(credentials, date))
      expect(vi.mocked(hmacSha256)).toHaveBeenCalledTimes(derives ? 5 : 1)
      expect(signed).toEqual(await sigv4.sigv4Signer({ region: 'us-east-1' })(request, context(credentials, date)))
    }
  })

  it('signs requests of different keys at the same time', async () => {
    const request = sigv4Request(first)
    const sign = sigv4.sigv4Signer({ region: 'us-east-1' })
    const contexts = ['one', 'two', 'one', 'two'].map((secretAccessKey) =>
      context({ accessKeyId: 'id', secretAccessKey }, first.input.date),
    )
    const apart = await Promise.all(contexts.map((each) => sigv4.sigv4Signer({ region: 'us-east-1' })(request, each)))
    expect(await Promise.all(contexts.map((each) => sign(request, each)))).toEqual(apart)
    expect(apart[0]).not.toEqual(apart[1])
  })

  it('asks a remote signer', async () => {
    const { input, expected } = first
    const { asked, key } = remote(input.accessKeyId, ({ stringToSign, scope }) =>
      [scope?.date, scope?.region, scope?.service, 'aws4_request', stringToSign]
        .reduce<string | Buffer>((secret, part) => hmac(secret, part ?? ''), `AWS4${input.secretAccessKey}`)
        .toString('hex'),
    )
    const signed = await sigv4.sigv4Signer(input)(sigv4Request(first), context(key, input.date))
    expect(signed.headers.authorization).toBe(expected.authorization)
    expect(asked).toEqual([
      {
        scheme: 'sigv4',
        stringToSign: expected.stringToSign,
        canonicalRequest: expected.canonicalRequest,
        scope: { date: '20260102', region: input.region, service: 's3' },
        date: new Date(input.date),
        method: 'POST',
        url: expected.url,
        operation: 'delete',
        items: 2,
      },
    ])
  })

  it('sends and signs the session token of a remote key, for a service other than S3', async () => {
    const { asked, key } = remote('id', () => 'signature')
    const credentials = { ...key, sessionToken: 'token' }
    const sign = sigv4.sigv4Signer({ region: 'kr', service: 'other' })
    const signed = await sign(sigv4Request(first), context(credentials, first.input.date))
    expect(signed.headers.authorization).toContain('/20260102/kr/other/aws4_request,')
    expect(signed.headers['x-amz-security-token']).toBe('token')
    expect(asked[0]?.canonicalRequest).toContain('\nx-amz-security-token:token\n')
  })
})

interface Acs3Vector {
  readonly id: string
  readonly input: {
    readonly method: HttpRequest['method']
    readonly scheme: string
    readonly path: string
    readonly query: Record<string, string>
    readonly headers: Record<string, string>
    readonly body?: string
    readonly bodyRecipe?: { prefix: string; from: number; count: number; pad: number; suffix: string }
    readonly bodyByteLength: number
    readonly accessKeyId: string
    readonly accessKeySecret: string
    readonly securityToken?: string
  }
  readonly expected: Record<
    | 'payloadSha256'
    | 'canonicalQuery'
    | 'signedHeaders'
    | 'canonicalRequest'
    | 'canonicalRequestSha256'
    | 'stringToSign'
    | 'signature'
    | 'authorization',
    string
  >
}

function acs3Body({ body, bodyRecipe: recipe }: Acs3Vector['input']): string {
  if (!recipe) return body ?? ''
  const { prefix, from, count, pad, suffix } = recipe
  const keys = Array.from({ length: count }, (_, index) => prefix + `${from + index}`.padStart(pad, '0') + suffix)
  return `Keys=${encodeURIComponent(JSON.stringify(keys))}`
}

describe('ACS3', () => {
  const vectors = acs3Vectors.vectors as unknown as Acs3Vector[]
  const added = ['x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256', 'x-acs-security-token']

  const lowerCase = (headers: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

  const acs3Request = ({ input }: Acs3Vector): HttpRequest => ({
    method: input.method,
    base: `${input.scheme}://${input.headers.host}`,
    host: input.headers.host as string,
    path: input.path,
    query: canonicalQuery(Object.entries(input.query)),
    headers: { accept: 'application/json', ...without(lowerCase(input.headers), ['host', ...added]) },
    ...(input.bodyByteLength > 0 && { body: utf8(acs3Body(input)) }),
  })

  const acs3Context = ({ input }: Acs3Vector, credentials: SigningCredentials): SigningContext => ({
    ...context(credentials, (input.headers['x-acs-date'] as string).replace('Z', '.999Z')),
    nonce: () => input.headers['x-acs-signature-nonce'] as string,
  })

  it.each(vectors)('$id, stage by stage', async (vector) => {
    const { input, expected } = vector
    const request = acs3Request(vector)
    expect(request.body?.length ?? 0).toBe(input.bodyByteLength)
    const payload = await payloadHash(request)
    expect(payload).toBe(expected.payloadSha256)
    expect(request.query).toBe(expected.canonicalQuery)
    const headers = acs3.canonicalHeaders(lowerCase(input.headers))
    expect(signedHeaders(headers)).toBe(expected.signedHeaders)
    const canonical = canonicalRequest(request, headers, payload)
    expect(canonical).toBe(expected.canonicalRequest)
    const text = await acs3.stringToSign(canonical)
    expect(text).toBe(expected.stringToSign)
    expect(text.split('\n')[1]).toBe(expected.canonicalRequestSha256)
    const signature = await acs3.signature(input.accessKeySecret, text)
    expect(signature).toBe(expected.signature)
    expect(acs3.authorization(input.accessKeyId, expected.signedHeaders, signature)).toBe(expected.authorization)
  })

  it.each(vectors)('$id, signed', async (vector) => {
    const { input, expected } = vector
    const { accessKeyId, accessKeySecret: secretAccessKey, securityToken: sessionToken } = input
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
    const request = acs3Request(vector)
    const signed = await acs3.acs3Signer()(request, acs3Context(vector, credentials))
    expect(signed).toEqual({
      ...request,
      headers: {
        accept: 'application/json',
        ...without(lowerCase(input.headers), ['host']),
        authorization: expected.authorization,
      },
    })
  })

  it('asks a remote signer', async () => {
    const vector = vectors[1] as Acs3Vector
    const { input, expected } = vector
    const { asked, key } = remote(input.accessKeyId, ({ stringToSign }) =>
      hmac(input.accessKeySecret, stringToSign).toString('hex'),
    )
    const signingContext = acs3Context(vector, key)
    const signed = await acs3.acs3Signer()(acs3Request(vector), signingContext)
    expect(signed.headers.authorization).toBe(expected.authorization)
    expect(asked).toEqual([
      {
        scheme: 'acs3',
        stringToSign: expected.stringToSign,
        canonicalRequest: expected.canonicalRequest,
        date: signingContext.date,
        method: 'POST',
        url: 'https://esa.cn-hangzhou.aliyuncs.com/?Namespace=test_namespace',
        operation: 'delete',
        items: 2,
      },
    ])
  })
})

interface EopVector {
  readonly name: string
  readonly input: {
    readonly method: HttpRequest['method']
    readonly path: string
    readonly query: readonly [string, string][]
    readonly body: string
    readonly ak: string
    readonly sk: string
    readonly requestId: string
    readonly instant: string
    readonly eopDate: string
  }
  readonly expected: Record<
    | 'canonicalQuery'
    | 'requestTarget'
    | 'bodySha256Hex'
    | 'signedHeaders'
    | 'stringToSign'
    | 'kTimeHex'
    | 'kAkHex'
    | 'kDateHex'
    | 'signatureBase64'
    | 'authorization',
    string
  > & { readonly bodyByteLength: number }
}

describe('EOP', () => {
  const vectors = eopVectors.vectors as unknown as EopVector[]
  const uuidVectors = vectors.filter(({ input }) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(input.requestId))
  const eopRequest = ({ input }: EopVector): HttpRequest => ({
    method: input.method,
    base: 'https://zos-global.ctapi.ctyun.cn',
    host: 'zos-global.ctapi.ctyun.cn',
    path: input.path,
    query: canonicalQuery(input.query),
    headers: { 'content-type': 'application/json' },
    ...(input.body && { body: utf8(input.body) }),
  })
  const nonce = ({ input }: EopVector): string => input.requestId.replaceAll('-', '')

  it.each(vectors)('$name, stage by stage', async (vector) => {
    const { input, expected } = vector
    const request = eopRequest(vector)
    expect(request.query).toBe(expected.canonicalQuery)
    expect(request.query ? `${request.path}?${request.query}` : request.path).toBe(expected.requestTarget)
    expect(request.body?.length ?? 0).toBe(expected.bodyByteLength)
    const payload = await payloadHash(request)
    expect(payload).toBe(expected.bodySha256Hex)
    const date = eop.eopDate(new Date(input.instant))
    expect(date).toBe(input.eopDate)
    const text = eop.stringToSign(input.requestId, date, request.query, payload)
    expect(text).toBe(expected.stringToSign)
    const { kTime, kAk, kDate } = await eop.keyChain(input.sk, input.ak, date)
    expect(hex(kTime)).toBe(expected.kTimeHex)
    expect(hex(kAk)).toBe(expected.kAkHex)
    expect(hex(kDate)).toBe(expected.kDateHex)
    const signature = await eop.signature(kDate, text)
    expect(signature).toBe(expected.signatureBase64)
    const authorization = eop.authorization(input.ak, signature)
    expect(authorization).toBe(expected.authorization)
    expect(authorization).toContain(` Headers=${expected.signedHeaders} `)
  })

  it('has vectors with ids in the form of a UUID for every delete', () => {
    const deletes = vectors.filter(({ input }) => input.path === '/v4/oss/delete-objects')
    expect(deletes.length).toBeGreaterThan(0)
    expect(uuidVectors).toEqual(expect.arrayContaining(deletes))
  })

  it.each(uuidVectors)('$name, signed', async (vector) => {
    const { input, expected } = vector
    const credentials = { accessKeyId: input.ak, secretAccessKey: input.sk }
    const request = eopRequest(vector)
    const signed = await eop.eopSigner()(request, context(credentials, input.instant, nonce(vector)))
    expect(signed).toEqual({
      ...request,
      headers: {
        'content-type': 'application/json',
        'ctyun-eop-request-id': input.requestId,
        'eop-date': input.eopDate,
        'eop-authorization': expected.authorization,
      },
    })
  })

  it('asks a remote signer', async () => {
    const vector = vectors[0] as EopVector
    const { input, expected } = vector
    const { asked, key } = remote(input.ak, ({ stringToSign }) => {
      const kAk = hmac(hmac(input.sk, input.eopDate), input.ak)
      return hmac(hmac(kAk, input.eopDate.slice(0, 8)), stringToSign).toString('base64')
    })
    const signed = await eop.eopSigner()(eopRequest(vector), context(key, input.instant, nonce(vector)))
    expect(signed.headers['eop-authorization']).toBe(expected.authorization)
    expect(asked).toEqual([
      {
        scheme: 'eop',
        stringToSign: expected.stringToSign,
        date: new Date(input.instant),
        method: 'POST',
        url: 'https://zos-global.ctapi.ctyun.cn/v4/oss/delete-objects',
        operation: 'delete',
        items: 2,
      },
    ])
  })
})

describe('a request is authorized', () => {
  const request: HttpRequest = {
    method: 'POST',
    base: 'http://127.0.0.1',
    host: '127.0.0.1',
    path: '/',
    query: '',
    headers: { accept: 'x' },
  }
  const pair = context({ accessKeyId: 'a', secretAccessKey: 's' }, '2026-01-02T03:04:05Z')
  const token = { ...pair, credentials: { iamToken: 't' } }
  const signer = () => vi.fn(async (given: HttpRequest) => ({ ...given, query: 'signed' }))

  it.each([
    ['signing alone', signed],
    ['signing or a token', signedOrBearer],
  ])('by a signature, with what it takes: %s', async (_, authorize) => {
    const sign = signer()
    expect(await authorize(sign)(request, pair)).toEqual({ ...request, query: 'signed' })
    expect(sign.mock.calls).toEqual([[request, pair]])
  })

  it('by a token, which is no signature', async () => {
    const sign = signer()
    const headers = { accept: 'x', authorization: 'Bearer t' }
    expect(await signedOrBearer(sign)(request, token)).toEqual({ ...request, headers })
    expect(sign).not.toHaveBeenCalled()
  })

  it('by no token where there has to be a signature', () => {
    const sign = signer()
    expect(() => signed(sign)(request, token)).toThrow(new TypeError('an IAM token cannot sign'))
    expect(sign).not.toHaveBeenCalled()
  })
})
