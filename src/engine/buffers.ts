import type { Bytes } from '../http.js'

const ROUND = 65_536

/** Memory for bodies, used again and again: to get a new piece of this size costs more than to fill it. */
export class Buffers {
  readonly #idle: Bytes[] = []

  /** At least so many bytes, of any content. They are offered again until they are taken. */
  readonly offer = (bytes: number): Bytes => {
    const idle = this.#idle.at(-1)
    if (idle && idle.length >= bytes) return idle
    // One that is too small is given up, so that all grow to the size that is asked for.
    this.#idle.pop()
    const memory = new Uint8Array(Math.ceil(bytes / ROUND) * ROUND)
    this.#idle.push(memory)
    return memory
  }

  /** Takes out what was offered last. */
  take(): void {
    this.#idle.pop()
  }

  /** Takes back memory that nobody reads any more, whole or in part. */
  takeBack({ buffer }: Bytes): void {
    this.#idle.push(new Uint8Array(buffer))
  }
}
