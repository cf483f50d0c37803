import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { S3StorageClient } from 'keysweep/s3'
import { afterEach, describe, expect, it } from 'vitest'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let server: Server | undefined
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
})

/** A server that begins its answers, or does not even that, and never ends them. */
async function open(begins: boolean) {
  const sockets: Socket[] = []
  server = createServer((request, response) => {
    sockets.push(request.socket)
    if (begins) response.writeHead(200, { 'content-length': 100 }).write('<')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { sockets, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('a fetch that is given up', () => {
  for (const begins of [true, false])
    it(`closes its connection, though garbage was collected ${begins ? 'inside' : 'before'} the answer`, async () => {
      const { endpoint, sockets } = await open(begins)
      const controller = new AbortController()
      const client = new S3StorageClient({
        bucket: 'photos',
        region: 'us-east-1',
        endpoint,
        credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
        fetch: (request) => fetch(request),
      })
      const run = client.deleteMany(['a'], { signal: controller.signal })
      run.catch(() => {})
      while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      for (let turn = 0; turn < 5; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        collectGarbage()
      }
      const closed = once(sockets[0] as Socket, 'close')
      controller.abort()
      await expect(run).rejects.toMatchObject({ name: 'AbortError' })
      await closed
    })
})
