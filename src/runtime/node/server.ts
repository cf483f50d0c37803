import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isPlain, pieces } from '../../emulator/body.js'
import type { Handler, Incoming, Server } from '../../emulator/exchange.js'
import type { Bytes } from '../../http.js'

/** Longer than clients keep a connection for, so that none is closed under a request. */
const KEEP_ALIVE_MS = 60_000

/** Opens a port on 127.0.0.1. Requests reach the handler as they came: no URL parser has touched them. */
export async function serve(handle: Handler): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (message, response) => {
    // A caller who hangs up ends his own request; whatever else fails must not stay unanswered.
    answer(handle, message, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(handle: Handler, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const outgoing = await handle(await read(message), gone.signal)
  if (!outgoing) return void message.socket.destroy()
  const { status, headers, body } = outgoing
  const isHead = message.method === 'HEAD'
  const length = isHead || status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, { ...headers, ...length })
  if (isPlain(outgoing) || isHead) return void response.end(isHead ? undefined : body)
  for await (const piece of pieces(outgoing, gone.signal)) await write(response, piece)
  if (outgoing.breaksAfter === undefined) response.end()
  else message.socket.destroy()
}

/** Resolves when the piece has left, so that what comes before a break does arrive. */
const write = (response: ServerResponse, piece: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    response.write(piece, (error) => (error ? reject(error) : resolve()))
  })

async function read(message: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  const [path = '/', ...rest] = (message.url ?? '/').split('?')
  const headers: Record<string, string> = {}
  for (const name in message.headers) headers[name] = String(message.headers[name])
  return { method: message.method ?? 'GET', path, query: rest.join('?'), headers, body: joined(chunks) }
}

/** Plain bytes: a `Buffer` shares its memory in `slice`, unlike what it passes for. */
function joined(chunks: Buffer[]): Bytes {
  const { buffer, byteOffset, length } = Buffer.concat(chunks)
  return new Uint8Array(buffer, byteOffset, length)
}
