import * as check from '../check.js'
import { Accounts } from './accounts.js'
import { AlibabaProtocol } from './alibaba.js'
import { pause } from './body.js'
import { CtyunProtocol } from './ctyun.js'
import { type Handler, type Incoming, type Outgoing, type Protocol, Refusal, type StoreName } from './exchange.js'
import { Troubles } from './faults.js'
import type { EmulatorOptions } from './index.js'
import { COUNT, checkNumber, FINITE } from './measures.js'
import { draw, seeded, uuid } from './random.js'
import { S3Protocol } from './s3.js'
import { Holdings } from './state.js'

/** What a store has been asked so far. */
export interface StoreStats {
  /** Requests that came in, refused ones too; preflights do not count. */
  requests: number
  /** Keys in the requests whose signature and form were in order. */
  items: number
  /** The most requests there were at the same time. */
  mostAtOnce: number
  /** What browsers asked before they sent a request. */
  preflights: number
}

const PAGE =
  '<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Please try again later</h1></body></html>'

/** All the stores, without a way in yet. */
export class Cloud {
  readonly holdings: Holdings
  readonly stores: Readonly<Record<StoreName, Store>>

  constructor(options: EmulatorOptions) {
    check.object(options, 'options')
    check.names(options, ['credentials', 'iamToken', 'seed', 'clock', 'putLimit'])
    const { seed = 1, clock = () => new Date(), putLimit = 10_000, ...accounts } = options
    checkNumber(seed, 'seed', FINITE)
    checkNumber(putLimit, 'putLimit', COUNT)
    check.function(clock, 'clock')
    const time = () => clock().getTime()
    const random = seeded(seed)
    const known = new Accounts(accounts)
    const holdings = new Holdings(time, seeded(seed + 1))
    const newUuid = () => uuid(random).toUpperCase()
    const newId = () => draw(random, '0123456789ABCDEF', 16)
    const kv = (store: 'alibaba-esa' | 'alibaba-dcdn') => new AlibabaProtocol(store, known, holdings, putLimit)
    const store = (protocol: Protocol, id: () => string, index: number) =>
      new Store(protocol, new Troubles(seed + index, time), clock, id)
    this.holdings = holdings
    this.stores = {
      'alibaba-esa': store(kv('alibaba-esa'), newUuid, 2),
      'alibaba-dcdn': store(kv('alibaba-dcdn'), newUuid, 3),
      ncloud: store(new S3Protocol('ncloud', known, holdings), newId, 4),
      'ctyun-zos': store(new CtyunProtocol(known, holdings), newUuid, 5),
      yandex: store(new S3Protocol('yandex', known, holdings), newId, 6),
      s3: store(new S3Protocol('s3', known, holdings), newId, 7),
    }
  }
}

/** One store: its protocol, and what goes wrong with it. */
export class Store {
  readonly stats: StoreStats = { requests: 0, items: 0, mostAtOnce: 0, preflights: 0 }
  #atOnce = 0

  constructor(
    readonly protocol: Protocol,
    readonly troubles: Troubles,
    readonly clock: () => Date,
    readonly newRequestId: () => string,
  ) {}

  /** Answers one request. */
  readonly handle: Handler = async (request, signal) => {
    if (request.method === 'OPTIONS') {
      this.stats.preflights++
      return preflight(request)
    }
    this.stats.requests++
    this.#atOnce++
    if (this.#atOnce > this.stats.mostAtOnce) this.stats.mostAtOnce = this.#atOnce
    try {
      const { latencyMs = 0 } = this.troubles.faults
      if (latencyMs > 0) await pause(latencyMs / 2, signal)
      const outgoing = await this.#answer(request)
      if (latencyMs > 0) await pause(latencyMs / 2, signal)
      return outgoing
    } finally {
      this.#atOnce--
    }
  }

  async #answer(request: Incoming): Promise<Outgoing | undefined> {
    const { clockSkewMs = 0, slowBytesPerSecond } = this.troubles.faults
    const now = new Date(this.clock().getTime() + clockSkewMs)
    const requestId = this.newRequestId()
    const outgoing = await this.#carryOut(request, now, requestId)
    return (
      outgoing && {
        ...outgoing,
        headers: {
          ...outgoing.headers,
          ...this.protocol.identify(requestId),
          date: now.toUTCString(),
          'access-control-allow-origin': '*',
          'access-control-expose-headers': '*',
        },
        ...(slowBytesPerSecond && { bytesPerSecond: slowBytesPerSecond }),
      }
    )
  }

  async #carryOut(request: Incoming, now: Date, requestId: string): Promise<Outgoing | undefined> {
    const { protocol, troubles } = this
    const { faults } = troubles
    try {
      const call = await protocol.accept(request, now, requestId)
      this.stats.items += call.items
      if (troubles.isTooMuch(call.items)) throw protocol.throttled()
      const status = troubles.status()
      if (status !== undefined) {
        if (status >= 500 && status !== 503 && troubles.strikes(0.5)) call.run(troubles)
        if (status === 502 || status === 504) return page(status)
        throw protocol.failure(status)
      }
      if (troubles.strikes(faults.reset)) {
        if (troubles.strikes(0.5)) call.run(troubles)
        return undefined
      }
      return this.#spoil(call.run(troubles), request, requestId)
    } catch (error) {
      if (error instanceof Refusal) return this.#refuse(error, request, requestId)
      throw error
    }
  }

  #refuse(refusal: Refusal, request: Incoming, requestId: string): Outgoing {
    const { status, code } = refusal
    const { retryAfter } = this.troubles.faults
    const outgoing = this.protocol.refuse(refusal, request, requestId)
    const asksForPatience = status === 429 || status === 503 || code.startsWith('Throttling')
    const patience = asksForPatience && retryAfter !== undefined ? this.protocol.retryAfter(retryAfter) : {}
    const elsewhere = status < 400 && status >= 300 ? { location: 'https://elsewhere.invalid/' } : {}
    return { ...outgoing, headers: { ...outgoing.headers, ...refusal.headers, ...patience, ...elsewhere } }
  }

  /** What may still happen to an answer on its way. */
  #spoil(outgoing: Outgoing, request: Incoming, requestId: string): Outgoing {
    const { protocol, troubles } = this
    const { errorInside200, html, empty, truncate } = troubles.faults
    if (troubles.strikes(errorInside200))
      return { ...protocol.refuse(protocol.failure(200), request, requestId), status: 200 }
    if (troubles.strikes(html)) return page(200)
    if (troubles.strikes(empty)) return { ...outgoing, body: '' }
    if (!troubles.strikes(truncate) || outgoing.body.length === 0) return outgoing
    const end = troubles.pick(outgoing.body.length)
    return troubles.strikes(0.5)
      ? { ...outgoing, breaksAfter: end }
      : { ...outgoing, body: outgoing.body.slice(0, end) }
  }
}

/** What load balancers and captive portals answer. */
const page = (status: number): Outgoing => ({ status, headers: { 'content-type': 'text/html' }, body: PAGE })

/** Browsers ask before they send what these stores want. */
function preflight({ headers }: Incoming): Outgoing {
  const granted: Record<string, string> = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
    'access-control-max-age': '600',
  }
  const asked = headers['access-control-request-headers']
  if (asked !== undefined) granted['access-control-allow-headers'] = asked
  return { status: 200, headers: granted, body: '' }
}
