import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { S3StorageClient } from 'keysweep/s3'
import { afterEach, describe, expect, it, vi } from 'vitest'

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

const FETCHES = {
  'a fetch of the user’s': (request: Request) => fetch(request),
  'the global fetch': fetch,
}

describe.each(Object.entries(FETCHES))('%s that is given up', (_, fetch) => {
  for (const begins of [true, false])
    it(`closes its connection, though garbage was collected ${begins ? 'inside' : 'before'} the answer`, async () => {
      const { endpoint, sockets } = await open(begins)
      const controller = new AbortController()
      const client = new S3StorageClient({
        bucket: 'photos',
        region: 'us-east-1',
        endpoint,
        credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
        fetch,
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

it('only the global fetch is given the parts of a request, any other a Request', async () => {
  const given: unknown[][] = []
  const record = async (...parts: unknown[]) => {
    given.push(parts)
    return new Response('<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>')
  }
  const run = (fetch: typeof globalThis.fetch) =>
    new S3StorageClient({
      bucket: 'photos',
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      fetch,
    }).deleteMany(['a'])
  await run(record)
  vi.stubGlobal('fetch', record)
  await run(fetch)
  vi.unstubAllGlobals()
  const [[request, ...others] = [], [url, init] = []] = given
  expect(others).toEqual([])
  expect(request).toBeInstanceOf(Request)
  expect(url).toBe((request as Request).url)
  expect(await new Response((init as RequestInit).body).text()).toBe(await (request as Request).text())
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual', signal: expect.any(AbortSignal) })
})
