import { createServer, type Server, type Socket } from 'node:net'
import { CtyunZosClient } from 'keysweep/ctyun-zos'
import { S3StorageClient } from 'keysweep/s3'
import { YandexStorageClient } from 'keysweep/yandex'
import { Agent, interceptors } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'

const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
const once = { retry: { maxAttempts: 1 } }
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that does with each connection what it is told, and its address. */
async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** Answers each request, once it has begun to come. */
const answering = (answer: (socket: Socket) => void) => serve((socket) => socket.once('data', () => answer(socket)))

describe.each([
  ['undici', {}],
  ['fetch', { fetch: (request: Request) => fetch(request) }],
] as const)('an empty answer by %s', (_, by) => {
  const quietly = async (endpoint: string, more: object = {}) =>
    new YandexStorageClient({ bucket: 'b', endpoint, credentials, ...once, ...by, ...more }).deleteMany(['a'], {
      quiet: true,
    })

  test('of a connection that broke is none', async () => {
    const endpoint = await answering((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', () => socket.resetAndDestroy()),
    )
    expect((await quietly(endpoint)).failed).toMatchObject([{ code: 'NetworkError', outcome: 'unknown' }])
  })

  test.each(['content-length: 0', 'transfer-encoding: chunked\r\n\r\n0'])('with %j is one', async (header) => {
    const endpoint = await answering((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n${header}\r\n\r\n`),
    )
    expect((await quietly(endpoint)).deleted).toEqual([{ key: 'a' }])
  })

  test('of a single deletion needs no length', async () => {
    const endpoint = await answering((socket) => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'))
    const client = new S3StorageClient({ bucket: 'b', region: 'r', endpoint, credentials, ...once, ...by })
    expect((await client.deleteMany(['\u0001'])).deleted).toEqual([{ key: '\u0001' }])
  })

  test('whose body a function of the user’s has read is none', async () => {
    const fetch = async () => {
      const response = new Response('<Error><Code>InternalError</Code></Error>')
      const reader = response.body?.getReader()
      while (!(await reader?.read())?.done);
      reader?.releaseLock()
      return response
    }
    const { failed } = await quietly('https://storage.example', { fetch })
    expect(failed).toMatchObject([{ code: 'NetworkError', message: expect.stringContaining('was read before') }])
  })
})

test('an answer that never ends, of a stream that cannot be cancelled, is given up', async () => {
  const fetch = async () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
        cancel: () => new Promise(() => {}),
      }),
    )
  const client = new S3StorageClient({ bucket: 'b', region: 'r', fetch, credentials, ...once })
  expect((await client.deleteMany(['a'])).failed).toMatchObject([{ code: 'BadResponse', outcome: 'unknown' }])
})

test('a redirect is not followed by a dispatcher that follows others', async () => {
  let asked = 0
  const other = await answering((socket) => {
    asked++
    socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  })
  const endpoint = await answering((socket) =>
    socket.end(`HTTP/1.1 307 Moved\r\nlocation: ${other}/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`),
  )
  const agent = new Agent()
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 3 }))
  const client = new CtyunZosClient({ bucket: 'b', regionId: 'r', endpoint, credentials, dispatcher, ...once })
  await expect(client.deleteMany(['a'])).rejects.toMatchObject({ status: 307 })
  expect(asked).toBe(0)
  await agent.close()
})

describe('what never left is not unknown', () => {
  test('when there is no connection in time', async () => {
    // It takes the connection, and never shakes hands.
    const endpoint = (await serve(() => {})).replace('http:', 'https:')
    const client = new S3StorageClient({ bucket: 'b', region: 'r', endpoint, credentials, timeoutMs: 100, ...once })
    expect((await client.deleteMany(['a'])).failed).toMatchObject([
      { code: 'Timeout', outcome: 'not-sent', attempts: 0 },
    ])
  })

  test('but what left is, when there is no answer in time', async () => {
    const endpoint = await serve(() => {})
    const client = new S3StorageClient({ bucket: 'b', region: 'r', endpoint, credentials, timeoutMs: 100, ...once })
    expect((await client.deleteMany(['a'])).failed).toMatchObject([{ code: 'Timeout', outcome: 'unknown' }])
  })

  test('when the dispatcher is of an undici that expects other handlers', async () => {
    const dispatcher = {
      dispatch(_: object, handler: { onError?: unknown }) {
        if (typeof handler.onError !== 'function') throw new TypeError('invalid onError method')
      },
    }
    const client = new S3StorageClient({ bucket: 'b', region: 'r', credentials, dispatcher, ...once })
    expect((await client.deleteMany(['a'])).failed).toMatchObject([
      { code: 'NetworkError', outcome: 'not-sent', message: expect.stringContaining('of undici 7 or later') },
    ])
  })
})
