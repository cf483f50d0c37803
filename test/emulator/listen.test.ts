import { request as send } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEmulator, type Emulator, type StoreName } from '../../src/emulator/index.js'
import { type Ask, deletionOf, esa, kvDeletion, NOW, s3 } from './requests.js'

// Sockets are Node's under either half; the digests and checksums are those of the half under test.
vi.mock('#runtime/server', () => import('../../src/runtime/node/server.js'))

let emulator: Emulator
let endpoints: Readonly<Record<StoreName, string>>
let close: () => Promise<void>

beforeEach(async () => {
  emulator = createEmulator({ clock: () => NOW })
  emulator.state.create('s3', 'b')
  ;({ endpoints, close } = await emulator.listen())
})

afterEach(() => close())

const hostOf = (store: StoreName) => new URL(endpoints[store]).host

/** Sends what was signed for this path, however odd, without any URL parser in between. */
async function sendRaw(ask: Ask): Promise<{ status: number | undefined; body: string; length: string | undefined }> {
  const { method = 'POST', path = '/', host = hostOf('s3') } = ask
  const signed = await s3({ ...ask, host })
  const body = new Uint8Array(await signed.arrayBuffer())
  const query = ask.query?.length ? '?delete=' : ''
  const headers = { ...Object.fromEntries(signed.headers), host }
  return new Promise((resolve, reject) => {
    const request = send(endpoints.s3, { method, path: path + query, headers }, async (response) => {
      const text = await response.setEncoding('utf8').toArray().catch(reject)
      resolve({ status: response.statusCode, body: (text ?? []).join(''), length: response.headers['content-length'] })
    })
    request.on('error', reject)
    request.end(body)
  })
}

describe('listen', () => {
  test('opens a port a store and closes them', async () => {
    expect(Object.keys(endpoints).sort()).toEqual([
      'alibaba-dcdn',
      'alibaba-esa',
      'ctyun-zos',
      'ncloud',
      's3',
      'yandex',
    ])
    expect(new Set(Object.values(endpoints)).size).toBe(6)
    for (const endpoint of Object.values(endpoints)) expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    emulator.state.create('alibaba-esa', 'ns')
    const kv = await fetch(await overPort('alibaba-esa'))
    expect(await kv.json()).toMatchObject({ SuccessKeys: ['a'] })
    await close()
    await expect(fetch(endpoints.s3)).rejects.toThrow()
  })

  /** A delete of Alibaba's, sent to its port. */
  const overPort = async (store: 'alibaba-esa') => {
    const request = await esa('BatchDeleteKv', { ...kvDeletion('ns', ['a']), host: hostOf(store) })
    const { search } = new URL(request.url)
    return new Request(endpoints[store] + search.replace(/^/, '/'), {
      method: 'POST',
      headers: request.headers,
      body: await request.arrayBuffer(),
    })
  }

  test('takes paths as they are: dot segments belong to the key', async () => {
    emulator.state.put('s3', 'b', '../x/./y')
    emulator.state.put('s3', 'b', 'y')
    expect((await sendRaw({ method: 'DELETE', path: '/b/../x/./y' })).status).toBe(204)
    expect(emulator.state.keys('s3', 'b')).toEqual(['y'])
  })

  test('finds the bucket in the host', async () => {
    for (const host of [`b.localhost:${new URL(endpoints.s3).port}`, 'b.s3.eu-west-1.amazonaws.com']) {
      emulator.state.put('s3', 'b', 'a')
      expect((await sendRaw({ ...deletionOf('b', ['a']), path: '/', host })).status).toBe(200)
      expect(emulator.state.size('s3', 'b')).toBe(0)
    }
  })

  test.each(['emulator.corp', 'host.docker.internal:8080', 'localhost', 's3.localhost'])(
    'finds it in the path where the host is %s',
    async (host) => {
      emulator.state.put('s3', 'b', 'a')
      expect((await sendRaw({ ...deletionOf('b', ['a']), host })).status).toBe(200)
      expect(emulator.state.size('s3', 'b')).toBe(0)
    },
  )

  test.each(['b.emulator.corp', 'b.s3.localhost:8080'])('finds it in the host where that is %s', async (host) => {
    emulator.state.put('s3', 'b', 'a')
    expect((await sendRaw({ ...deletionOf('b', ['a']), path: '/', host })).status).toBe(200)
    expect(emulator.state.size('s3', 'b')).toBe(0)
  })

  test('knows that what stands before localhost is a bucket, there or not', async () => {
    const { status, body } = await sendRaw({ ...deletionOf('b', ['a']), path: '/', host: 'absent.localhost:80' })
    expect([status, body]).toEqual([404, expect.stringContaining('<BucketName>absent</BucketName>')])
  })

  test('names the length, also where there is nothing', async () => {
    const { body, length } = await sendRaw(deletionOf('b', ['é']))
    expect(Number(length)).toBe(Buffer.byteLength(body))
    emulator.faults('s3', { empty: 1 })
    expect(await sendRaw(deletionOf('b', ['a']))).toEqual({ status: 200, body: '', length: '0' })
  })

  test('wants the length of a batch', async () => {
    const chunked = { ...deletionOf('b', ['a']), afterwards: { 'transfer-encoding': 'chunked' } }
    expect(await sendRaw(chunked)).toMatchObject({ status: 411, body: expect.stringContaining('MissingContentLength') })
  })

  test('resets connections', async () => {
    emulator.faults('s3', { reset: 1 })
    await expect(sendRaw(deletionOf('b', ['a']))).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('breaks connections amid an answer, or ends it early', async () => {
    emulator.faults('s3', { truncate: 1 })
    const fates = new Set<string>()
    for (let run = 0; run < 20; run++) {
      const fate = await sendRaw(deletionOf('b', ['a'])).then(
        ({ body }) => (body.endsWith('</DeleteResult>') ? 'whole' : 'short'),
        () => 'broken',
      )
      fates.add(fate)
    }
    expect([...fates].sort()).toEqual(['broken', 'short'])
  })

  test('lets answers trickle', async () => {
    emulator.faults('s3', { slowBytesPerSecond: 2000 })
    const started = performance.now()
    const { body } = await sendRaw(deletionOf('b', ['a']))
    expect(body).toContain('</DeleteResult>')
    expect(performance.now() - started).toBeGreaterThan(60)
  })

  test('forgets whoever hangs up before his turn', async () => {
    emulator.faults('s3', { latencyMs: 200 })
    emulator.state.put('s3', 'b', 'a')
    const request = await s3({ ...deletionOf('b', ['a']), host: hostOf('s3') })
    const gone = new AbortController()
    const body = await request.arrayBuffer()
    const answer = fetch(`${endpoints.s3}/b?delete=`, {
      method: 'POST',
      headers: request.headers,
      body,
      signal: gone.signal,
    })
    await vi.waitUntil(() => emulator.stats.s3.requests === 1)
    gone.abort()
    await expect(answer).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(emulator.state.has('s3', 'b', 'a')).toBe(true)
  })

  test('keeps connections alive', async () => {
    const socket = connect(Number(new URL(endpoints.s3).port), '127.0.0.1')
    let received = ''
    socket.setEncoding('utf8').on('data', (text) => {
      received += text
    })
    const ask = 'OPTIONS / HTTP/1.1\r\nhost: x\r\naccess-control-request-headers: a\r\n\r\n'
    socket.write(ask)
    await vi.waitUntil(() => received.includes('access-control-allow-headers: a'))
    received = ''
    socket.write(ask)
    await vi.waitUntil(() => received.includes('access-control-allow-headers: a'))
    socket.destroy()
  })
})
