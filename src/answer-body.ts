import { type Bytes, type HttpAnswer, TransportError } from './http.js'

/** Pieces that may lie apart: each costs memory of its own, and an answer may come byte by byte. */
const MOST_PIECES = 1000

/** Gathers the body of an answer as it arrives, in about as much memory as it has bytes; no copy where it comes in one piece. */
export class AnswerBody {
  #length = 0
  /** Those that were joined before come first. */
  readonly #pieces: Uint8Array[] = []
  #joined = 0

  constructor(private readonly mostBytes: number) {}

  /** @throws {TransportError} Where the answer gets too long. */
  add(piece: Uint8Array): void {
    this.#length += piece.length
    if (this.#length > this.mostBytes)
      throw new TransportError('overflow', `The answer is longer than ${this.mostBytes} bytes`, true)
    if (this.#pieces.push(piece) - this.#joined === MOST_PIECES)
      this.#joined = this.#pieces.push(joined(this.#pieces.splice(this.#joined)))
  }

  /** All there is. */
  get bytes(): Bytes {
    return joined(this.#pieces)
  }
}

/**
 * An answer that was read to its end.
 *
 * @throws {TransportError} Where nothing but the end of the connection ended it, before it had a body: undici takes a
 * connection that broke for one that was closed.
 */
export function answerOf(status: number, header: HttpAnswer['header'], body: Bytes): HttpAnswer {
  const mayBeCutOff = () =>
    header('connection')?.toLowerCase() === 'close' && !(header('content-length') ?? header('transfer-encoding'))
  if (status === 200 && body.length === 0 && mayBeCutOff())
    throw new TransportError('network', 'The connection ended before the answer had a body', true)
  return { status, header, body }
}

function joined(pieces: readonly Uint8Array[]): Bytes {
  if (pieces.length === 1) return pieces[0] as Bytes
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}
