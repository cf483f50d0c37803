import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { edited, failure, indiscretion, nothing, portalPage, redirect, troublesIn } from './answers.js'
import { type Counts, count } from './counts.js'
import { Dice } from './dice.js'
import { seedIn } from './identity.js'
import type { Fate, Moment, Plan } from './plan.js'
import { STORES } from './stores.js'
import { type Answer, type Exchange, Way } from './way.js'
import { type Asked, askedIn, codeIn, wordOf, writeRefusal } from './wire.js'

/** How many turns of 5 ms a client may take to close what it has given up. */
const MOST_TURNS = 2000

/** What the fault layer needs besides the plan. */
export interface Surroundings {
  /** Where a redirect leads; nobody may come there. */
  readonly elsewhere: string
  /** Keys of all requests, to be told of where nobody asked. */
  readonly keys: readonly string[]
  /** Called as a request comes in, and when it is over. */
  readonly passed: (moment: Moment, index: number) => void
}

/** Stands between client and emulator, and does to each request what the plan has in store for it. */
export class FaultLayer {
  readonly exchanges: Exchange[] = []
  readonly counts: Counts = {}
  /** Seeds of other runs, whose requests came here. */
  readonly strays: number[] = []
  /** Connections that failed before a request could be read from them. */
  lostConnections = 0
  /** The most requests that waited for their answers at the same time. */
  mostAtOnce = 0
  #atOnce = 0
  #connections = 0
  #over = 0
  #isClosed = false
  readonly #dice: Dice
  readonly #sockets = new Set<Socket>()
  readonly #open = new Set<Exchange>()
  readonly #agent = new Agent({ keepAlive: true })
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => this.#begin(message, response))

  private constructor(
    readonly plan: Plan,
    readonly target: URL,
    readonly surroundings: Surroundings,
  ) {
    this.#dice = new Dice(plan.seed).for('layer')
    this.#server.on('connection', (socket) => this.#admit(socket))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  static async open(plan: Plan, target: string, surroundings: Surroundings): Promise<FaultLayer> {
    const layer = new FaultLayer(plan, new URL(target), surroundings)
    layer.#server.listen(0, '127.0.0.1')
    await once(layer.#server, 'listening')
    return layer
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Waits until every request is over; gives what befell those that a client keeps open for good. */
  async settled(): Promise<string[]> {
    // In turns, not in time: on a busy machine, a second may hold only a few.
    for (let turn = 0; turn < MOST_TURNS && this.#open.size > 0; turn++) await pause(5)
    return Array.from(this.#open, ({ fate = 'no fault' }) => fate)
  }

  async close(): Promise<void> {
    this.#isClosed = true
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

  #begin(message: IncomingMessage, response: ServerResponse): void {
    const seed = seedIn(message.headers)
    if (seed !== this.plan.seed) {
      // Another program may still call a port that was its own once; a run that is over must not.
      if (seed !== undefined) this.strays.push(seed)
      return void message.socket.destroy()
    }
    const index = this.exchanges.length
    const dice = this.#dice.for('request', index)
    const fate = this.plan.fates.find(([, chance]) => dice.chance(chance))?.[0]
    const exchange: Exchange = { at: performance.now(), fate, bodyBytes: 0 }
    this.exchanges.push(exchange)
    this.#open.add(exchange)
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce)
    const end = () => {
      if (exchange.endedAt === undefined) this.#atOnce--
      exchange.endedAt ??= performance.now()
    }
    response.once('close', end)
    this.surroundings.passed('request', index)
    if (fate) count(this.counts, fate)
    this.#serve(fate, new Way(message, response, exchange, dice, end))
      .catch((error: unknown) => {
        // A client that hangs up ends its own request.
        if (!message.socket.destroyed) throw error
      })
      .finally(() => {
        this.#open.delete(exchange)
        this.surroundings.passed('answer', this.#over++)
      })
  }

  async #serve(fate: Fate | undefined, way: Way): Promise<void> {
    const { message, exchange, dice } = way
    const { family } = STORES[this.plan.store]
    if (fate === 'reset before it was read') return way.reset()
    if (fate === 'answered before it was read')
      return way.answerUnread(503, writeRefusal(family, 'ServiceUnavailable', 'Too busy to read'))
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    exchange.bodyBytes = body.length
    exchange.asked = askedIn(family, message.method ?? '', message.url ?? '', body.toString())
    if (this.plan.jitterMs > 0) {
      count(this.counts, 'jitter')
      await pause(dice.between(0, this.plan.jitterMs))
    }
    if (body.length > (this.plan.mostBodyBytes ?? Number.POSITIVE_INFINITY)) {
      count(this.counts, 'body refused as too long')
      return this.#answer(way, { ...nothing(), status: 413 })
    }
    await this.#befall(fate, way, body)
  }

  async #befall(fate: Fate | undefined, way: Way, body: Buffer): Promise<void> {
    const { plan, counts, surroundings } = this
    const forward = () => this.#forward(way, body)
    switch (fate) {
      case 'reset without being served':
        return way.reset()
      case 'reset after it was served':
        await forward()
        return way.reset()
      case 'closed without an answer':
        if (way.dice.chance(0.5)) await forward()
        return way.close()
      case 'half-open without being served':
        return way.abandoned()
      case 'half-open after it was served':
        await forward()
        return way.abandoned()
      case 'served after the time limit':
        await way.abandoned()
        await forward()
        return
      case 'answered by a portal page':
        return this.#answer(way, portalPage())
      case 'answered with nothing':
        return this.#answer(way, nothing())
      case 'answered with garbage':
        way.message.socket.end('220 mail.example ESMTP\r\n\r\n')
        return way.abandoned()
      case 'redirected':
        return this.#answer(way, redirect(way, surroundings.elsewhere))
      case 'refused with a secret in it':
        return this.#answer(way, indiscretion(way, plan))
      case 'answered with another success': {
        const answer = await forward()
        const status = way.dice.pick([201, 202, 206])
        return this.#deliver(fate, way, answer?.status === 200 ? { ...answer, status } : answer)
      }
      case 'status 429':
      case 'status 500':
      case 'status 502':
      case 'status 503':
      case 'status 504': {
        const status = Number(fate.slice(-3))
        const mayBeServed = status !== 429 && status !== 503
        if (mayBeServed && way.dice.chance(0.5)) await forward()
        return this.#answer(way, failure(way, plan, status, counts))
      }
      default:
        return this.#deliver(fate, way, await forward())
    }
  }

  /** Passes a request on to the emulator; undefined where that broke the connection without an answer. */
  #forward({ message }: Way, body: Buffer): Promise<Answer | undefined> {
    return new Promise((resolve, reject) => {
      // What a client has sent before it was over may be read only now, and the port may be another run's by now.
      if (this.#isClosed) return resolve(undefined)
      const { hostname, port } = this.target
      const headers = message.rawHeaders as unknown as Record<string, string>
      const request = send({ agent: this.#agent, hostname, port, method: message.method, path: message.url, headers })
      request.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' ? resolve(undefined) : reject(error),
      )
      request.on('response', (incoming) => {
        const chunks: Buffer[] = []
        const finish = (isWhole: boolean) => {
          const { statusCode: status = 0, rawHeaders } = incoming
          resolve({ status, headers: rawHeaders, body: Buffer.concat(chunks), isWhole })
        }
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => finish(true))
        incoming.on('error', () => finish(false))
        incoming.on('close', () => finish(false))
      })
      request.end(body)
    })
  }

  async #deliver(fate: Fate | undefined, way: Way, given: Answer | undefined): Promise<void> {
    const { plan, counts, surroundings } = this
    for (const [name, times] of Object.entries(troublesIn(way, plan, given))) count(counts, `emulator: ${name}`, times)
    if (!given) return way.reset()
    if (!given.isWhole) return way.part(given, given.body.length, 'reset')
    const answer = edited(fate, way, plan, given, surroundings.keys)
    // Of an answer without a body there is no part.
    if (answer.body.length === 0) return this.#answer(way, answer)
    const end = way.dice.between(0, answer.body.length - 1)
    if (fate === 'reset inside the answer') return way.part(answer, end, 'reset')
    if (fate === 'closed inside the answer') return way.part(answer, end, 'close')
    if (fate === 'half-open inside the answer') return way.part(answer, end, 'half-open')
    if (fate === 'answered late') await pause(way.dice.between(5, 60))
    return this.#answer(way, answer, fate === 'answered drop by drop' ? 6 : 1)
  }

  /** Sends a whole answer, in so many pieces. */
  async #answer(way: Way, answer: Answer, pieces = 1): Promise<void> {
    const { family } = STORES[this.plan.store]
    const { exchange } = way
    const body = answer.body.toString()
    exchange.status = answer.status
    exchange.code = codeIn(family, body)
    const word = wordOf(family, exchange.asked as Asked, answer.status, body, this.plan.store === 'yandex')
    await way.whole(answer, pieces, word)
  }
}
