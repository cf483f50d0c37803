import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MOST_ANSWER_BYTES } from '../../src/engine/attempt.js'
import { expectAccounted } from '../providers/expectations.js'
import { SUBJECTS } from '../providers/lab.js'

const KEYS = ['a', 'b', 'c']
const MiB = 1 << 20
/** What the sockets of both ends and the streams between may hold beside what is read. */
const ON_THE_WAY = 16 * MiB

/** Where a server answers every request so, until the test is over. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const deleteFrom = (endpoint: string) => SUBJECTS.s3.open({ endpoint, retry: { maxAttempts: 1 } }).deleteMany(KEYS)

test('an answer that never ends is given up at the limit, and its connection closed', async () => {
  let written = 0
  let connection: Socket | undefined
  const endpoint = await serve(({ socket }, response) => {
    connection = socket
    const part = Buffer.alloc(MiB, ' ')
    const write = () => {
      do written += part.length
      while (response.write(part))
    }
    response.on('drain', write)
    write()
  })
  const report = await deleteFrom(endpoint)
  expectAccounted(report, KEYS)
  const message = `The answer is longer than ${MOST_ANSWER_BYTES} bytes`
  for (const failure of report.failed)
    expect(failure).toMatchObject({ code: 'BadResponse', outcome: 'unknown', message })
  await vi.waitFor(() => expect(connection?.closed).toBe(true))
  expect(written).toBeGreaterThan(MOST_ANSWER_BYTES)
  expect(written).toBeLessThan(MOST_ANSWER_BYTES + ON_THE_WAY)
})

test('an answer that swells when it is unpacked is not read beyond the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(4 * MOST_ANSWER_BYTES, ' '))
  const report = await deleteFrom(
    await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(bomb)
    }),
  )
  expectAccounted(report, KEYS)
  for (const failure of report.failed) expect(failure).toMatchObject({ code: 'BadResponse', outcome: 'unknown' })
  expect(report.stats.bytesReceived).toBeLessThanOrEqual(MOST_ANSWER_BYTES)
})
