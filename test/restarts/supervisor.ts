import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { start, told } from '../large/processes.js'
import { freePorts } from '../ports.js'
import type { GatewayJob } from './gateway.js'

/** How long a gateway that died stays away, not counting the time it takes to start. */
const AWAY_MS = 500

/** Keeps a gateway before a store, and starts it again each time it has died, so many times. */
export class Supervisor {
  /** How often the gateway was killed in the middle of an answer. */
  deaths = 0
  #gateway: ChildProcess | undefined

  private constructor(
    private readonly job: GatewayJob,
    private readonly restarts: number,
  ) {}

  /** @param answers How many answers each gateway begins before it dies; the last one lives on. */
  static async start(storePort: number, answers: number, restarts: number): Promise<Supervisor> {
    const supervisor = new Supervisor({ port: await freePorts(1), storePort, answers }, restarts)
    await supervisor.#open()
    return supervisor
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.job.port}`
  }

  stop(): void {
    if (this.#gateway?.connected) this.#gateway.disconnect()
  }

  async #open(): Promise<void> {
    const gateway = start(new URL('./gateway.ts', import.meta.url))
    this.#gateway = gateway
    gateway.send(this.deaths < this.restarts ? this.job : { ...this.job, answers: undefined })
    await told(gateway)
    once(gateway, 'exit').then(async ([, signal]) => {
      if (signal !== 'SIGKILL') return
      this.deaths++
      await sleep(AWAY_MS)
      await this.#open()
    })
  }
}
