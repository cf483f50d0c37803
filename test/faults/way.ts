import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Dice } from './dice.js'
import type { Fate } from './plan.js'
import type { Asked, Saying, Word } from './wire.js'

/** One request as the fault layer saw it, and what its sender was told. */
export interface Exchange {
  readonly at: number
  readonly fate: Fate | undefined
  /** Undefined where it was not read. */
  asked?: Asked
  bodyBytes: number
  /** What the answer says of a key, once the whole of it was sent. */
  word?: Word
  status?: number
  code?: string | undefined
  /** Milliseconds that the answer asked to wait. */
  askedMs?: number
  endedAt?: number
}

export const sayingOf = ({ word }: Pick<Exchange, 'word'>, id: string): Saying => word?.(id) ?? 'unclear'

export interface Answer {
  readonly status: number
  /** Names and values, in turn. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** Whether the emulator kept the connection until the end. */
  readonly isWhole: boolean
}

const HOP_BY_HOP = /^(?:connection|keep-alive|transfer-encoding|content-length)$/i

/** One request on its way, and all that can be done to its sender. */
export class Way {
  constructor(
    readonly message: IncomingMessage,
    readonly response: ServerResponse,
    readonly exchange: Exchange,
    readonly dice: Dice,
    /** Called when its sender is about to learn that it is over. */
    readonly end: () => void,
  ) {}

  reset(): void {
    this.end()
    const { socket } = this.message
    // Node never closes a socket that is reset once its other side has ended.
    if (socket.readyState === 'open') socket.resetAndDestroy()
    else socket.destroy()
  }

  close(): void {
    this.end()
    this.message.socket.destroy()
  }

  /** Waits until the client has given up. */
  async abandoned(): Promise<void> {
    if (!this.message.socket.destroyed) await once(this.message.socket, 'close')
  }

  /** Answers without having read the request. */
  async answerUnread(status: number, body: string): Promise<void> {
    this.exchange.status = status
    this.exchange.word = () => 'no'
    this.response.writeHead(status, { 'content-length': body.length, connection: 'close' })
    this.response.end(body)
    await this.#closed()
  }

  /** Sends a whole answer, in so many pieces. */
  async whole(answer: Answer, pieces: number, word: Word): Promise<void> {
    const { response } = this
    const { body } = answer
    this.#head(answer, body.length)
    const size = Math.max(1, Math.ceil(body.length / pieces))
    let start = 0
    for (; start + size < body.length; start += size) {
      response.write(body.subarray(start, start + size))
      await pause(2)
    }
    if (response.destroyed) return
    this.exchange.word = word
    this.end()
    response.end(body.subarray(start))
    await this.#closed()
  }

  /** Sends the beginning of an answer, and then no more. */
  async part(answer: Answer, length: number, ending: 'reset' | 'close' | 'half-open'): Promise<void> {
    const { response } = this
    // A part must not pass for the whole.
    this.#head(answer, answer.body.length + 1)
    const written = new Promise((resolve) => response.write(answer.body.subarray(0, Math.max(1, length)), resolve))
    // Of a connection that is gone, Node does not tell.
    await Promise.race([written, this.#closed()])
    if (ending === 'half-open') await this.abandoned()
    else this[ending]()
  }

  async #closed(): Promise<void> {
    if (!this.response.closed) await once(this.response, 'close')
  }

  #head({ status, headers }: Answer, length: number): void {
    const kept: string[] = []
    for (let at = 0; at < headers.length; at += 2)
      if (!HOP_BY_HOP.test(headers[at] as string)) kept.push(headers[at] as string, headers[at + 1] as string)
    const isChunked = status === 204 || this.dice.chance(0.3)
    this.response.writeHead(status, [...kept, ...(isChunked ? [] : ['content-length', String(length)])])
  }
}
