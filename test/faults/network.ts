import { setTimeout as pause } from 'node:timers/promises'
import { Agent, buildConnector } from 'undici'
import { count } from './counts.js'
import { Dice } from './dice.js'
import type { FaultLayer } from './layer.js'
import type { Plan } from './plan.js'

/** What the client sends over. */
export class Network {
  refused = 0
  readonly #agent: Agent | undefined
  #connections = 0

  constructor(
    readonly plan: Plan,
    readonly layer: FaultLayer,
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
        count(this.layer.counts, 'connection refused', Number(isRefused))
        connect(isRefused ? { ...options, port: '1' } : options, callback)
      },
    })
  }

  /** False where a request is left in it for good. */
  async close(patienceMs: number): Promise<boolean> {
    return !this.#agent || isOverWithin(patienceMs, this.#agent.close())
  }
}

/** Whether a promise settles in time. */
export async function isOverWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController()
  const tooLate = pause(ms, false, { signal: waiting.signal }).catch(() => false)
  const isOver = await Promise.race([promise.then(() => true), tooLate])
  waiting.abort()
  return isOver
}
