import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type AttemptEvent,
  type DeletedKey,
  type FailedKey,
  isKeysweepError,
  type KeysweepError,
  type Progress,
  type RunStats,
} from 'keysweep'
import { createEmulator, type State } from 'keysweep/emulator'
import { Agent, buildConnector } from 'undici'
import { count } from './counts.js'
import { Dice } from './dice.js'
import { type Identity, identityOf } from './identity.js'
import { type Stock, stockUp } from './input.js'
import type { Moment, Plan } from './plan.js'
import { type Exchange, Proxy } from './proxy.js'
import { Input, Thrown } from './source.js'
import { type Client, openClient } from './stores.js'
import { leftOpen, type OpenTimers, watched } from './watch.js'

/** A report of a run or a batch, whatever it did. */
export interface Report {
  readonly done: readonly DeletedKey[]
  readonly failed: readonly FailedKey[]
  readonly stats: RunStats
  readonly resumeFrom?: number | undefined
  readonly offset?: number
  readonly count?: number
  readonly settledThrough?: number
}

/** All that is known of a run once it is over. */
export interface Account {
  readonly plan: Plan
  readonly stock: Stock
  readonly identity: Identity
  readonly state: Pick<State, 'versions' | 'keys'>
  readonly input: Input
  readonly proxy: Proxy
  readonly exchanges: readonly Exchange[]
  /** Connections that the network did not let come about. */
  readonly refusedConnections: number
  readonly report: Report | undefined
  readonly batches: readonly Report[]
  readonly error: unknown
  /** The consumer left before the end, or threw. */
  readonly left: boolean
  readonly aborted: boolean
  readonly callbackThrew: boolean
  readonly events: readonly AttemptEvent[]
  readonly progress: readonly Progress[]
  /** What was left behind, in words. */
  readonly leftovers: readonly string[]
  readonly requestsAtEnd: number
}

const MOST_RUN_MS = 240_000
/** How long a client may take to close what it has given up. */
const PATIENCE_MS = 20_000

/** Carries out a plan. */
export async function carryOut(plan: Plan, elsewhere: string): Promise<Account> {
  const identity = identityOf(plan)
  const emulator = createEmulator({ seed: plan.seed, ...identity.accounts })
  const { endpoints, close } = await emulator.listen()
  const stock = stockUp(plan, emulator.state)
  emulator.faults(plan.store, plan.emulator)
  const controller = new AbortController()
  const stop = new Thrown('aborted')
  const passed = (moment: Moment, index: number) => {
    if (plan.abort?.at === moment && plan.abort.index === index) controller.abort(stop)
  }
  const keys = stock.given.flatMap(({ id, key }) => (id === undefined ? [] : [key]))
  const surroundings = { elsewhere, keys: keys.length > 0 ? keys : ['a key'], passed }
  const proxy = await Proxy.open(plan, endpoints[plan.store], surroundings)
  const input = new Input(plan, stock.given, (index) => passed('item', index))
  const network = new Network(plan, proxy)
  const callbacks = new Callbacks(plan, passed)
  const client = openClient(
    plan.store,
    {
      endpoint: proxy.endpoint,
      credentials: identity.credentials,
      ...network.options,
      timeoutMs: plan.timeoutMs,
      retry: plan.retry,
      onAttempt: callbacks.onAttempt,
      clock: () => new Date(Date.now() + plan.clientSkewMs),
      random: new Dice(plan.seed).for('client').random,
    },
    plan.integrity,
  )
  passed('start', plan.abort?.index ?? 0)
  const alarm = plan.abort?.at === 'time' ? setTimeout(passed, plan.abort.index, 'time', plan.abort.index) : undefined
  const timers: OpenTimers = new Set()
  const consumer = new Consumer(plan, client)
  const options = {
    concurrency: plan.concurrency,
    signal: controller.signal,
    onProgress: callbacks.onProgress,
    ...(plan.action === 'delete' && { quiet: plan.quiet }),
    ...(plan.bypassGovernance && { bypassGovernance: true }),
    dryRun: plan.dryRun,
    ...(plan.maxRequests !== undefined && { maxRequests: plan.maxRequests }),
  }
  const leftovers: string[] = []
  const limit = new AbortController()
  const guard = pause(MOST_RUN_MS, undefined, { signal: limit.signal }).then(
    () => void leftovers.push('the run hangs'),
    () => {},
  )
  await watched(timers, () => Promise.race([consumer.consume(input.open(), options), guard]))
  limit.abort()
  clearTimeout(alarm)
  const requestsAtEnd = proxy.exchanges.length
  if (process.env.WHERE) for (const t of timers) if (t.hasRef()) leftovers.push((t as never as { where: string }).where)
  if (leftOpen(timers) > 0) leftovers.push(`${leftOpen(timers)} timers`)
  if (getEventListeners(controller.signal, 'abort').length > 0) leftovers.push('a listener on the signal')
  if (!(await proxy.settled(PATIENCE_MS))) leftovers.push(`an open request: ${proxy.unsettled}`)
  // Whatever was put off would come now.
  await pause(plan.retry.maxDelayMs > 50 ? 20 : plan.retry.maxDelayMs + 5)
  await network.close(leftovers)
  await proxy.close()
  await close()
  return {
    plan,
    stock,
    identity,
    state: emulator.state,
    input,
    proxy,
    exchanges: proxy.exchanges,
    refusedConnections: network.refused,
    ...consumer.outcome,
    aborted: controller.signal.aborted,
    callbackThrew: callbacks.threw,
    events: callbacks.events,
    progress: callbacks.progress,
    leftovers,
    requestsAtEnd,
  }
}

/** What the client sends over. */
class Network {
  refused = 0
  readonly #agent: Agent | undefined
  #connections = 0

  constructor(
    readonly plan: Plan,
    readonly proxy: Proxy,
  ) {
    if (plan.transport === 'dispatcher') this.#agent = this.#openAgent()
  }

  get options(): { dispatcher?: Agent; fetch?: typeof fetch } {
    if (this.plan.transport === 'fetch') return { fetch: (request) => fetch(request) }
    return this.#agent ? { dispatcher: this.#agent } : {}
  }

  /** An agent whose connections may be led to a port where nobody listens. */
  #openAgent(): Agent {
    const dice = new Dice(this.plan.seed).for('network')
    const connect = buildConnector({})
    return new Agent({
      connect: (options, callback) => {
        const isRefused = dice.for('connection', this.#connections++).chance(this.plan.refusedConnections)
        if (isRefused) this.refused++
        count(this.proxy.counts, 'connection refused', Number(isRefused))
        connect(isRefused ? { ...options, port: '1' } : options, callback)
      },
    })
  }

  async close(leftovers: string[]): Promise<void> {
    if (!this.#agent) return
    const closing = new AbortController()
    const tooLate = pause(PATIENCE_MS, undefined, { signal: closing.signal }).then(
      () => void leftovers.push('a request in the dispatcher'),
      () => {},
    )
    await Promise.race([this.#agent.close(), tooLate])
    closing.abort()
  }
}

/** The callbacks of a run, and what they were told. */
class Callbacks {
  readonly events: AttemptEvent[] = []
  readonly progress: Progress[] = []
  threw = false

  constructor(
    readonly plan: Plan,
    readonly passed: (moment: Moment, index: number) => void,
  ) {}

  readonly onAttempt = (event: AttemptEvent): unknown => {
    this.events.push(event)
    this.passed('attempt', this.events.length - 1)
    return this.#fail('onAttempt', this.events.length - 1)
  }

  readonly onProgress = (progress: Progress): unknown => {
    this.progress.push({ ...progress })
    this.passed('progress', this.progress.length - 1)
    return this.#fail('onProgress', this.progress.length - 1)
  }

  #fail(name: string, index: number): unknown {
    const { callbackFails } = this.plan
    if (callbackFails?.name !== name || callbackFails.index !== index) return undefined
    this.threw = true
    if (callbackFails.later) return Promise.reject(new Thrown(name))
    throw new Thrown(name)
  }
}

/** Reads a run as its plan says. */
class Consumer {
  readonly #batches: Report[] = []
  #report: Report | undefined
  #error: unknown
  #left = false

  constructor(
    readonly plan: Plan,
    readonly client: Client,
  ) {}

  get outcome() {
    return { report: this.#report, batches: this.#batches, error: this.#error, left: this.#left }
  }

  async consume(source: unknown, options: object): Promise<void> {
    try {
      if (this.plan.consumer === 'whole') this.#report = await this.#whole(source as never, options)
      else await this.#byBatches(source as never, options)
    } catch (error) {
      if (!(error instanceof Thrown && this.#left)) this.#error = error
      if (isKeysweepError(error)) this.#report = reportIn(error)
    }
  }

  async #whole(source: never, options: object): Promise<Report> {
    const { client } = this
    return unify(
      await (this.plan.action === 'put' ? client.putMany?.(source, options) : client.deleteMany(source, options)),
    )
  }

  async #byBatches(source: never, options: object): Promise<void> {
    const { plan, client } = this
    const batches = plan.action === 'put' ? client.putBatches?.(source, options) : client.deleteBatches(source, options)
    if (!batches) throw new Error(`${plan.store} cannot put`)
    for await (const batch of batches) {
      this.#batches.push(unify(batch))
      if (plan.consumer === 'slow') await pause(this.#batches.length % 5)
      if (this.#batches.length < plan.patience || plan.consumer === 'batches' || plan.consumer === 'slow') continue
      this.#left = true
      if (plan.consumer === 'throws') throw new Thrown('the consumer')
      if (plan.consumer === 'leaves') break
      // While the next batch is already asked for.
      const next = batches.next()
      await batches.return?.(undefined)
      const step = await next
      if (!step.done) this.#batches.push(unify(step.value))
      break
    }
  }
}

type AnyReport = { readonly deleted?: readonly DeletedKey[]; readonly written?: readonly DeletedKey[] }

const unify = (report: unknown): Report => {
  const { deleted, written, ...rest } = report as AnyReport & Omit<Report, 'done'>
  return { ...rest, done: deleted ?? written ?? [] }
}

const reportIn = ({ report }: KeysweepError): Report | undefined => report && unify(report)
