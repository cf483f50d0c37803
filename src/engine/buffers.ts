import type { Bytes } from '../http.js'

/** Memory for bodies, lent again and again: to get a new piece of this size costs more than to fill it. */
export class Buffers {
  readonly #idle: Bytes[] = []

  /** At least so many bytes, of any content. */
  readonly lend = (bytes: number): Bytes => {
    const idle = this.#idle.pop()
    // One that is too small is given up, so that all grow to the size that is asked for.
    return idle && idle.length >= bytes ? idle : new Uint8Array(Math.ceil(bytes / ROUND) * ROUND)
  }

  /** Takes back memory that nobody reads any more, whole or in part. */
  takeBack({ buffer }: Bytes): void {
    this.#idle.push(new Uint8Array(buffer))
  }
}

const ROUND = 65_536
