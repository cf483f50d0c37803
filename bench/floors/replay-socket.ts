// What is left without HTTP either: bytes made before are written to a socket, and the bytes of the answers counted.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Contender, Task } from '../client/contender.js'
import { recorded } from './replay.js'

let requests: readonly Buffer[] = []

export const prepare = async (task: Task): Promise<void> => {
  requests = (await recorded(task)).map(({ url, headers, body }) => {
    const { host, pathname, search } = new URL(url)
    const lines = Object.entries({ host, ...headers, 'content-length': body.length }).map((pair) => pair.join(': '))
    return Buffer.concat([Buffer.from(`POST ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), body])
  })
}

/** Resolves when a whole answer has arrived. */
const answered = (socket: Socket) =>
  new Promise<void>((resolve) => {
    let left = 0
    const take = (chunk: Buffer) => {
      if (left === 0) {
        const head = chunk.toString('latin1', 0, chunk.indexOf('\r\n\r\n') + 4)
        left = head.length + Number(/content-length: (\d+)/i.exec(head)?.[1])
      }
      left -= chunk.length
      if (left > 0) return
      socket.off('data', take)
      resolve()
    }
    socket.on('data', take)
  })

export const run: Contender = async ({ endpoint, concurrency, batch }) => {
  const { hostname, port } = new URL(endpoint)
  let next = 0
  const work = async () => {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    while (next < requests.length) {
      const answer = answered(socket)
      socket.write(requests[next++] as Buffer)
      await answer
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return { done: requests.length * batch }
}
