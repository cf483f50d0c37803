import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Counts, count } from './counts.js'
import { Dice } from './dice.js'
import type { Fate, Plan } from './plan.js'
import { STORES } from './stores.js'
import {
  type Asked,
  askedIn,
  codeIn,
  entryId,
  idOf,
  type Listing,
  listingIn,
  type Saying,
  type Word,
  wordOf,
  writeEntry,
  writeListing,
  writeRefusal,
} from './wire.js'

/** One request as the fault layer saw it, and what its sender was told. */
export interface Exchange {
  readonly at: number
  fate?: Fate
  isOver?: true
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

export const sayingOf = ({ word }: Exchange, id: string): Saying => word?.(id) ?? 'unclear'

interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
  /** Whether the emulator kept the connection until the end. */
  readonly isWhole: boolean
}

const PAGE = '<!DOCTYPE html><html><body><h1>Welcome to the hotel</h1></body></html>'
const HOP_BY_HOP = /^(?:connection|keep-alive|transfer-encoding|content-length)$/i

/** What the fault layer needs besides the plan. */
export interface Surroundings {
  /** Where a redirect leads; nobody may come there. */
  readonly elsewhere: string
  /** Keys of this and other requests, to be told of where nobody asked. */
  readonly keys: readonly string[]
  /** Called as a request comes in, and when an answer has gone out. */
  readonly passed: (moment: 'request' | 'answer', index: number) => void
}

/** Stands between client and emulator, and does to each request what the plan has in store for it. */
export class Proxy {
  readonly exchanges: Exchange[] = []
  readonly counts: Counts = {}
  /** Connections that failed before a request could be read from them. */
  lostConnections = 0
  mostAtOnce = 0
  #atOnce = 0
  #answers = 0
  #connections = 0
  readonly #sockets = new Set<Socket>()
  readonly #working = new Set<Promise<void>>()
  readonly #agent = new Agent({ keepAlive: true })
  readonly #server: Server
  readonly #family
  readonly #dice: Dice

  private constructor(
    readonly plan: Plan,
    readonly target: URL,
    readonly surroundings: Surroundings,
  ) {
    this.#family = STORES[plan.store].family
    this.#dice = new Dice(plan.seed).for('proxy')
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
      const work = this.#serve(message, response).catch((error: unknown) => {
        // A client that hangs up ends its own request.
        if (!message.socket.destroyed) throw error
      })
      this.#working.add(work)
      void work.finally(() => this.#working.delete(work))
    })
    this.#server.on('connection', (socket) => this.#admit(socket))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  static async open(plan: Plan, target: string, surroundings: Surroundings): Promise<Proxy> {
    const proxy = new Proxy(plan, new URL(target), surroundings)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Waits until every request has come to its end; false where a client keeps one open for good. */
  async settled(patienceMs: number): Promise<boolean> {
    const limit = performance.now() + patienceMs
    while (this.#working.size > 0 && performance.now() < limit) await pause(5)
    return this.#working.size === 0
  }

  /** What befell the requests that have not come to their end. */
  get unsettled(): string {
    const open = this.exchanges.filter(({ isOver }) => !isOver)
    return open.map(({ fate = 'no fault', status, word }) => `${fate} ${status} ${Boolean(word)}`).join(', ')
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#agent.destroy()
    await once(this.#server, 'close')
  }

  #admit(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    if (!this.#dice.for('connection', this.#connections++).chance(this.plan.resetConnections)) return
    count(this.counts, 'connection reset at once')
    this.lostConnections++
    socket.resetAndDestroy()
  }

  #fateOf(dice: Dice): Fate | undefined {
    return this.plan.fates.find(([, chance]) => dice.chance(chance))?.[0]
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const index = this.exchanges.length
    const dice = this.#dice.for('request', index)
    const exchange: Exchange = { at: performance.now(), bodyBytes: 0 }
    this.exchanges.push(exchange)
    void response.once('close', () => (exchange.isOver = true))
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce)
    let isOpen = true
    const end = () => {
      if (isOpen) this.#atOnce--
      isOpen = false
      exchange.endedAt ??= performance.now()
    }
    response.once('close', end)
    this.surroundings.passed('request', index)
    const fate = this.#fateOf(dice)
    if (fate) exchange.fate = fate
    const way = new Way(message, response, exchange, dice, end)
    if (fate === 'reset before it was read') {
      this.lostConnections++
      count(this.counts, fate)
      return way.reset()
    }
    if (fate === 'answered before it was read') {
      count(this.counts, fate)
      message.on('error', () => {})
      exchange.word = () => 'no'
      exchange.status = 503
      const body = writeRefusal(this.#family, 'ServiceUnavailable', 'Too busy to read')
      response.writeHead(503, { 'content-length': body.length, connection: 'close' })
      response.end(body)
      await once(response, 'close')
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    exchange.bodyBytes = body.length
    exchange.asked = askedIn(this.#family, message.method ?? '', message.url ?? '', body.toString())
    if (this.plan.jitterMs > 0) {
      count(this.counts, 'jitter')
      await pause(dice.between(0, this.plan.jitterMs))
    }
    await this.#befall(fate, way, body)
    this.surroundings.passed('answer', this.#answers++)
  }

  async #befall(fate: Fate | undefined, way: Way, body: Buffer): Promise<void> {
    if (fate) count(this.counts, fate)
    switch (fate) {
      case 'reset without being served':
        return way.reset()
      case 'reset after it was served':
        await this.#forward(way, body)
        return way.reset()
      case 'closed without an answer':
        if (way.dice.chance(0.5)) await this.#forward(way, body)
        return way.close()
      case 'half-open without being served':
        return way.abandoned()
      case 'half-open after it was served':
        await this.#forward(way, body)
        return way.abandoned()
      case 'served after the time limit':
        await way.abandoned()
        await this.#forward(way, body)
        return
      case 'answered by a portal page':
        return this.#answer(way, { status: 200, headers: ['content-type', 'text/html'], body: Buffer.from(PAGE) })
      case 'answered with nothing':
        return this.#answer(way, { status: 200, headers: [], body: Buffer.alloc(0) })
      case 'answered with garbage':
        way.response.socket?.end('220 mail.example ESMTP\r\n\r\n')
        return way.abandoned()
      case 'redirected': {
        const headers = ['location', this.surroundings.elsewhere]
        return this.#answer(way, { status: way.dice.pick([301, 302, 307, 308]), headers, body: Buffer.from('Moved') })
      }
      case 'refused with a secret in it':
        return this.#answer(way, this.#indiscretion(way))
      case 'status 429':
      case 'status 500':
      case 'status 502':
      case 'status 503':
      case 'status 504': {
        const status = Number(fate.slice(-3))
        const mayBeServed = status !== 429 && status !== 503
        if (mayBeServed && way.dice.chance(0.5)) await this.#forward(way, body)
        return this.#answer(way, this.#failure(way, status))
      }
      case 'answered with another success': {
        const answer = await this.#forward(way, body)
        const status = way.dice.pick([201, 202, 206])
        return this.#deliver(fate, way, answer?.status === 200 ? { ...answer, status } : answer)
      }
      default:
        return this.#deliver(fate, way, await this.#forward(way, body))
    }
  }

  /** An answer with what the client sent to show who it is. */
  #indiscretion({ message: { headers }, dice }: Way): Omit<Answer, 'isWhole'> {
    const secret = [
      headers.authorization,
      headers['x-amz-security-token'],
      headers['x-acs-security-token'],
      headers['eop-authorization'],
    ]
    const [status, code] = dice.pick([
      [500, 'InternalError'],
      [403, 'Forbidden'],
    ] as const)
    return {
      status,
      headers: [],
      body: Buffer.from(writeRefusal(this.#family, code, secret.filter(Boolean).join(' '))),
    }
  }

  #failure({ dice, exchange }: Way, status: number): Omit<Answer, 'isWhole'> {
    const throttles = status === 429 || status === 503
    const code = throttles ? (this.#family === 'kv' ? 'Throttling.User' : 'SlowDown') : 'InternalError'
    const body = Buffer.from(dice.pick([writeRefusal(this.#family, code, `Made up, with ${status}`), PAGE, '']))
    const { retryAfter } = this.plan
    if (retryAfter === undefined) return { status, headers: [], body }
    count(this.counts, 'Retry-After')
    if (/^\d+$/.test(retryAfter)) exchange.askedMs = Number(retryAfter) * 1000
    const value = retryAfter === 'date' ? new Date(Date.now() + 1000).toUTCString() : retryAfter
    return { status, headers: ['retry-after', value], body }
  }

  /** Passes a request on to the emulator; undefined where that broke the connection without an answer. */
  async #forward({ message }: Way, body: Buffer): Promise<Answer | undefined> {
    const answer = await new Promise<Answer | undefined>((resolve, reject) => {
      const { hostname, port } = this.target
      const headers = message.rawHeaders as unknown as Record<string, string>
      const request = send({ agent: this.#agent, hostname, port, method: message.method, path: message.url, headers })
      request.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' ? resolve(undefined) : reject(error),
      )
      request.on('response', (incoming) => {
        const chunks: Buffer[] = []
        const finish = (isWhole: boolean) =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.rawHeaders,
            body: Buffer.concat(chunks),
            isWhole,
          })
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => finish(true))
        incoming.on('error', () => finish(false))
        incoming.on('close', () => finish(false))
      })
      request.end(body)
    })
    return answer
  }

  /** Notes what the emulator's own faults have made of an answer. */
  #recognise({ exchange }: Way, answer: Answer | undefined): void {
    const note = (name: string, times = 1) => count(this.counts, `emulator: ${name}`, times)
    const { asked } = exchange
    if (!answer) return note('reset')
    const { emulator } = this.plan
    if (emulator.latencyMs) note('latency')
    if (emulator.slowBytesPerSecond) note('slow bytes')
    const { status, isWhole } = answer
    const body = answer.body.toString()
    const code = codeIn(this.#family, body)
    if (!isWhole) return note('answer broken off')
    if (/skew|timestamp\.expired|out of date|RequestExpired/i.test(`${code} ${body.slice(0, 1000)}`))
      return note('clock skew')
    if (emulator.throttle && /SlowDown|TooManyRequests|Throttling.Api|10429/.test(code ?? ''))
      return note('token bucket')
    if (status >= 300) return note('status')
    if (code !== undefined) return note('error inside 200')
    if (body.startsWith('<!DOCTYPE')) return note('html')
    if (!asked || asked.single) return
    const listing = listingIn(this.#family, body)
    if (listing) {
      note('keys failed', listing.failed.length)
      if (!asked.quiet) note('keys left out', asked.ids.length - listing.done.length - listing.failed.length)
    } else if (body !== '') note('answer cut')
    else if (!asked.quiet || this.plan.store !== 'yandex') note('empty')
  }

  async #deliver(fate: Fate | undefined, way: Way, answer: Answer | undefined): Promise<void> {
    this.#recognise(way, answer)
    if (!answer) return way.reset()
    const edited = this.#edit(fate, way, answer)
    if (!edited.isWhole) return way.part(edited, edited.body.length, 'reset')
    // Of an answer without a body there is no part.
    if (edited.body.length === 0) return this.#answer(way, edited)
    const end = way.dice.between(0, Math.max(0, edited.body.length - 1))
    if (fate === 'reset inside the answer') return way.part(edited, end, 'reset')
    if (fate === 'closed inside the answer') return way.part(edited, end, 'close')
    if (fate === 'half-open inside the answer') return way.part(edited, end, 'half-open')
    if (fate === 'answered late') await pause(way.dice.between(5, 60))
    if (fate === 'answered drop by drop') return this.#answer(way, edited, 6)
    return this.#answer(way, edited)
  }

  /** Changes the lists of an answer, if it has any. */
  #edit(fate: Fate | undefined, { dice, exchange: { asked } }: Way, answer: Answer): Answer {
    const family = this.#family
    const listing =
      answer.status === 200 && asked?.single === false ? listingIn(family, answer.body.toString()) : undefined
    const rewrite = (changed: Listing) => ({ ...answer, body: Buffer.from(writeListing(family, changed)) })
    if (!listing) return answer
    const { done, failed } = listing
    if (fate === 'keys shuffled') return rewrite({ done: dice.shuffle(done), failed: dice.shuffle(failed) })
    if (fate === 'keys repeated')
      return rewrite({ done: [...done, ...done.slice(0, 5)], failed: [...failed, ...failed.slice(0, 5)] })
    if (fate === 'keys listed both ways') {
      const both = [...done, ...failed].slice(0, 3).map((entry) => entryId(family, entry))
      const extra = (list: keyof Listing) => both.map((id) => writeEntry(family, list, id))
      return rewrite({ done: [...extra('done'), ...done], failed: [...failed, ...extra('failed')] })
    }
    if (fate !== 'keys invented') return answer
    const isAsked = (key: string) => asked?.ids.some((id) => keyOfId(id) === key)
    const invented = ['a key that nobody asked for', dice.pick(this.surroundings.keys)].filter((key) => !isAsked(key))
    const list = dice.pick(['done', 'failed'] as const)
    const extra = invented.map((key) => writeEntry(family, list, idOf(key)))
    return rewrite({ done, failed, [list]: [...extra, ...listing[list]] })
  }

  /** Sends a whole answer, in so many pieces. */
  async #answer(way: Way, answer: Omit<Answer, 'isWhole'>, pieces = 1): Promise<void> {
    const { exchange } = way
    const { status, body } = answer
    exchange.status = status
    exchange.code = codeIn(this.#family, body.toString())
    const word = wordOf(this.#family, exchange.asked as Asked, status, body.toString(), this.plan.store === 'yandex')
    await way.whole(answer, pieces, word)
  }
}

const keyOfId = (id: string): string => (JSON.parse(id) as [string])[0]

/** One request on its way, and all that can be done to its sender. */
class Way {
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

  async whole(answer: Omit<Answer, 'isWhole'>, pieces: number, word: Word): Promise<void> {
    const { response } = this
    const { body } = answer
    this.#head(answer, body.length)
    const size = Math.max(1, Math.ceil(body.length / pieces))
    for (let start = 0; start + size < body.length; start += size) {
      response.write(body.subarray(start, start + size))
      await pause(2)
    }
    if (response.destroyed) return
    this.exchange.word = word
    this.end()
    response.end(body.subarray(Math.max(0, Math.ceil(body.length / size) - 1) * size))
    if (!response.closed) await once(response, 'close')
  }

  async part(answer: Answer, length: number, ending: 'reset' | 'close' | 'half-open'): Promise<void> {
    const { response } = this
    // A part must not pass for the whole.
    this.#head(answer, answer.body.length + 1)
    if (length > 0) await new Promise((resolve) => response.write(answer.body.subarray(0, length), resolve))
    else response.flushHeaders()
    if (ending === 'reset') return this.reset()
    if (ending === 'close') return this.close()
    await this.abandoned()
  }

  #head({ status, headers }: Omit<Answer, 'isWhole'>, length: number): void {
    const kept: string[] = []
    for (let at = 0; at < headers.length; at += 2)
      if (!HOP_BY_HOP.test(headers[at] as string)) kept.push(headers[at] as string, headers[at + 1] as string)
    const isChunked = status === 204 || this.dice.chance(0.3)
    this.response.writeHead(status, [...kept, ...(isChunked ? [] : ['content-length', String(length)])])
  }
}
