import { setTimeout as pause } from 'node:timers/promises'
import { type DeletedKey, type FailedKey, isKeysweepError, type RunStats } from 'keysweep'
import type { Plan } from './plan.js'
import { Thrown } from './source.js'
import type { Client } from './stores.js'

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

/** Reads a run as its plan says. */
export class Consumer {
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
      if (isKeysweepError(error) && error.report) this.#report = unify(error.report)
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
