import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { S3StorageClient } from 'keysweep/s3'
import { afterEach, expect, it, onTestFinished } from 'vitest'

let server: Server | undefined
const sockets: Socket[] = []
afterEach(() => {
  server?.close()
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** A server that takes connections and never answers. */
async function open() {
  server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const keys = Array.from({ length: 8000 }, (_, index) => `key-${index}`)
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
/** Long enough for a connection over loopback. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 100))

it.each(['http', 'https'])('connects to nothing more once a run was aborted, over %s', async (scheme) => {
  const controller = new AbortController()
  const client = new S3StorageClient({
    bucket: 'b',
    region: 'r',
    endpoint: `${scheme}://127.0.0.1:${await open()}`,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  })
  const run = client.deleteMany(keys, { signal: controller.signal })
  await until(() => sockets.length === 8)
  controller.abort()
  await expect(run).rejects.toMatchObject({ name: 'AbortError' })
  await until(() => sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded))
  await aWhile()
  expect(sockets).toHaveLength(8)
})

it('opens one pool, whose connections are used again', async () => {
  const store = createHttpServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk
    })
    request.on('end', () => {
      const entries = body.match(/<Key>[^<]*<\/Key>/g)?.map((key) => `<Deleted>${key}</Deleted>`) ?? []
      response.end(`<DeleteResult>${entries.join('')}</DeleteResult>`)
    })
  })
  let connections = 0
  store.on('connection', () => connections++).listen(0, '127.0.0.1')
  onTestFinished(() => {
    store.close()
    store.closeAllConnections()
  })
  await once(store, 'listening')
  const endpoint = `http://127.0.0.1:${(store.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
  const client = new S3StorageClient({ bucket: 'b', region: 'r', endpoint, credentials })
  for (let run = 0; run < 2; run++) {
    const { deleted } = await client.deleteMany(keys)
    expect([deleted.length, connections]).toEqual([8000, 8])
    await aWhile()
  }
})

it('connects again for the next run', async () => {
  const endpoint = `http://127.0.0.1:${await open()}`
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
  const client = new S3StorageClient({
    bucket: 'b',
    region: 'r',
    endpoint,
    credentials,
    timeoutMs: 100,
    retry: { maxAttempts: 1 },
  })
  for (const times of [1, 2]) {
    const { failed } = await client.deleteMany(['a'])
    expect(failed).toMatchObject([{ key: 'a', code: 'Timeout', outcome: 'unknown' }])
    await aWhile()
    expect(sockets).toHaveLength(times)
  }
})
