import type { Server } from 'node:net'
import { createServer, type Socket } from 'node:net'

export interface Request {
  /** In lower case. */
  readonly head: string
  readonly body: Buffer
}

/** Writes the whole answer, head and body. */
export type Respond = (answer: Buffer) => void

const HEAD_END = '\r\n\r\n'

/** HTTP/1.1 as far as clients under test use it, at a fraction of what Node's own server costs. */
export function serve(handle: (request: Request, respond: Respond) => void): Server {
  return createServer({ noDelay: true }, (socket) => {
    const reader = new Reader(socket, handle)
    socket.on('data', (chunk: Buffer) => reader.take(chunk))
    // A client that is killed, or hangs up when it has what it wanted, is no matter of the server.
    socket.on('error', () => socket.destroy())
  })
}

class Reader {
  private chunks: Buffer[] = []
  private length = 0
  /** Bytes to wait for before looking again. */
  private needed = 0
  private head: { readonly text: string; readonly bytes: number; readonly bodyBytes: number | undefined } | undefined

  constructor(
    private readonly socket: Socket,
    private readonly handle: (request: Request, respond: Respond) => void,
  ) {}

  take(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    while (this.length > 0 && this.length >= this.needed && this.next());
  }

  /** Handles a request, if a whole one is there. */
  private next(): boolean {
    const bytes = this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks, this.length)
    this.chunks = [bytes]
    this.head ??= readHead(bytes)
    if (!this.head) return false
    const { text, bytes: headBytes, bodyBytes } = this.head
    this.needed = headBytes + (bodyBytes ?? 0)
    if (this.length < this.needed) return false
    let body = bytes.subarray(headBytes, this.needed)
    if (bodyBytes === undefined) {
      const dechunked = readChunks(bytes, headBytes)
      if (!dechunked) return false
      body = dechunked.body
      this.needed = dechunked.end
    }
    const rest = bytes.subarray(this.needed)
    this.chunks = rest.length > 0 ? [rest] : []
    this.length = rest.length
    this.needed = 0
    this.head = undefined
    this.handle({ head: text, body }, (answer) => void this.socket.write(answer))
    return true
  }
}

function readHead(bytes: Buffer) {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const text = bytes.toString('latin1', 0, end).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(text)?.[1]
  const isChunked = length === undefined && text.includes('\r\ntransfer-encoding: chunked')
  return { text, bytes: end + HEAD_END.length, bodyBytes: isChunked ? undefined : Number(length ?? 0) }
}

function readChunks(bytes: Buffer, from: number): { body: Buffer; end: number } | undefined {
  // Looks through the chunks only once the last one is likely there.
  if (bytes.toString('latin1', bytes.length - 5) !== '0\r\n\r\n') return undefined
  const parts: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (start + size + 2 > bytes.length) return undefined
    if (size === 0) return { body: Buffer.concat(parts), end: start + 2 }
    parts.push(bytes.subarray(start, start + size))
    at = start + size + 2
  }
}
