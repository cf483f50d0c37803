import { describe, expect, test } from 'vitest'
import { canonicalQuery, utf8 } from '../../src/bytes.js'
import { Accounts } from '../../src/emulator/accounts.js'
import { type Incoming, Refusal } from '../../src/emulator/exchange.js'
import { createEmulator } from '../../src/emulator/index.js'
import { Acs3Verifier } from '../../src/emulator/verify-acs3.js'
import { verifyEop } from '../../src/emulator/verify-eop.js'
import { SigV4Verifier } from '../../src/emulator/verify-sigv4.js'
import acs3 from '../vectors/acs3.json' with { type: 'json' }
import eop from '../vectors/eop.json' with { type: 'json' }
import sigv4 from '../vectors/sigv4.json' with { type: 'json' }

const lowerCase = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))

/** The same request with one thing changed that the signature covers. */
const tampered = (request: Incoming): Incoming =>
  request.body.length === 0
    ? { ...request, query: `${request.query}${request.query && '&'}extra=1` }
    : { ...request, body: request.body.map((byte, index) => (index === 0 ? byte ^ 1 : byte)) }

const refusedAs = (...codes: string[]) =>
  expect.toSatisfy((thrown: unknown) => thrown instanceof Refusal && codes.includes(thrown.code))

describe('Signature Version 4', () => {
  const cases = sigv4.vectors.map(({ name, input, expected }) => {
    const { accessKeyId, secretAccessKey, date, method, body } = input
    const sessionToken = 'sessionToken' in input ? input.sessionToken : undefined
    const headers = {
      ...lowerCase(input.headers),
      ...{ host: expected.host, authorization: expected.authorization, 'x-amz-date': expected.amzDate },
      'x-amz-content-sha256': expected.payloadHash,
      ...(sessionToken && { 'x-amz-security-token': sessionToken }),
    }
    const request = { method, path: expected.path, query: expected.canonicalQuery, headers, body: utf8(body ?? '') }
    const pair = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
    return { name, request, pair, now: new Date(date), url: expected.url }
  })

  test.each(cases)('accepts $name and nothing else', async ({ request, pair, now }) => {
    const verifier = new SigV4Verifier(new Accounts({ credentials: pair }), { allowed: /./, name: 'any' })
    await verifier.verify(request, now)
    const isUnsigned = request.headers['x-amz-content-sha256'] === 'UNSIGNED-PAYLOAD'
    const change = isUnsigned ? { ...request, path: `${request.path}x` } : tampered(request)
    const codes = ['SignatureDoesNotMatch', 'XAmzContentSHA256Mismatch']
    await expect(verifier.verify(change, now)).rejects.toEqual(refusedAs(...codes))
    const other = new Accounts({ credentials: { ...pair, secretAccessKey: `${pair.secretAccessKey}x` } })
    const stranger = new SigV4Verifier(other, { allowed: /./, name: 'any' }).verify(request, now)
    await expect(stranger).rejects.toEqual(refusedAs('SignatureDoesNotMatch'))
  })

  const deletions = cases.filter(({ request, url }) => request.query === 'delete=' && !url.includes('127.0.0.1'))
  test.each(deletions)('carries out $name', async ({ request, pair, now, url }) => {
    const emulator = createEmulator({ credentials: pair, clock: () => now })
    const buckets = ['examplebucket', 'my-bucket-01', 'my-bucket']
    for (const store of ['s3', 'ncloud', 'yandex'] as const)
      for (const bucket of buckets) emulator.state.create(store, bucket)
    const { host, ...headers } = request.headers
    const response = await emulator.fetch(url, { method: 'POST', headers, body: request.body })
    expect(response.status, await response.clone().text()).toBe(200)
  })
})

describe('ACS3', () => {
  const cases = acs3.vectors.map(({ id, input, expected }) => {
    const bodyText =
      input.body ??
      `Keys=${encodeURIComponent(JSON.stringify(Array.from({ length: 10_000 }, (_, n) => `k-${String(n).padStart(5, '0')}`)))}`
    const headers: Record<string, string> = { ...lowerCase(input.headers), authorization: expected.authorization }
    const request = {
      method: input.method,
      path: input.path,
      query: expected.canonicalQuery,
      headers,
      body: utf8(bodyText),
    }
    const sessionToken = 'securityToken' in input ? input.securityToken : undefined
    const pair = {
      accessKeyId: input.accessKeyId,
      secretAccessKey: input.accessKeySecret,
      ...(sessionToken && { sessionToken }),
    }
    return { id, request, pair, now: new Date(lowerCase(input.headers)['x-acs-date'] as string) }
  })

  test.each(cases)('accepts $id once and nothing else', async ({ request, pair, now }) => {
    const verifier = new Acs3Verifier(new Accounts({ credentials: pair }))
    await expect(verifier.verify(tampered(request), now)).rejects.toEqual(refusedAs('SignatureDoesNotMatch'))
    await verifier.verify(request, now)
    await expect(verifier.verify(request, now)).rejects.toEqual(refusedAs('SignatureNonceUsed'))
  })

  test.each(cases.filter(({ id }) => /batch/.test(id)))('carries out $id', async ({ request, pair, now }) => {
    const emulator = createEmulator({ credentials: pair, clock: () => now })
    for (const namespace of ['test_namespace', 'ns-1_A', 'ns1']) {
      emulator.state.create('alibaba-esa', namespace)
      emulator.state.create('alibaba-dcdn', namespace)
    }
    const { host, ...headers } = request.headers
    const url = `https://${host}/?${request.query}`
    const response = await emulator.fetch(url, { method: 'POST', headers, body: request.body })
    const answer = await response.json()
    expect(response.status, JSON.stringify(answer)).toBe(200)
    expect(answer.FailKeys).toEqual([])
  })
})

describe('EOP', () => {
  const cases = eop.vectors.map(({ name, input, expected }) => {
    const headers = {
      'ctyun-eop-request-id': input.requestId,
      'eop-date': input.eopDate,
      'eop-authorization': expected.authorization,
    }
    const query = canonicalQuery(input.query as [string, string][])
    const request = { method: input.method, path: input.path, query, headers, body: utf8(input.body ?? '') }
    return { name, request, pair: { accessKeyId: input.ak, secretAccessKey: input.sk }, now: new Date(input.instant) }
  })

  test.each(cases)('accepts $name and nothing else', async ({ request, pair, now }) => {
    const accounts = new Accounts({ credentials: pair })
    await verifyEop(request, accounts, now)
    await expect(verifyEop(tampered(request), accounts, now)).rejects.toEqual(refusedAs('CTAPI_10009'))
  })

  const deletions = cases.filter(({ request }) => request.path.endsWith('/delete-objects') && request.body.length > 2)
  test.each(deletions)('carries out $name', async ({ request, pair, now }) => {
    const emulator = createEmulator({ credentials: pair, clock: () => now })
    for (const bucket of ['bucket-a', 'bucket-b']) emulator.state.create('ctyun-zos', bucket)
    const url = `https://zos-global.ctapi.ctyun.cn${request.path}`
    const response = await emulator.fetch(url, { method: 'POST', headers: request.headers, body: request.body })
    expect(await response.json()).toMatchObject({ statusCode: 800, message: 'SUCCESS' })
    const flipped = await emulator.fetch(url, {
      method: 'POST',
      headers: request.headers,
      body: tampered(request).body,
    })
    expect(flipped.status).toBe(401)
    expect(await flipped.json()).toMatchObject({ statusCode: 'CTAPI_10009' })
  })
})
