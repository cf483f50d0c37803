import type { Job } from '../job.js'
import type { Item } from '../keys.js'

export interface Task extends Job {
  /** An array, unless the job is streamed. */
  readonly items: Iterable<Item | Entry>
}

export interface Entry {
  readonly key: string
  readonly value: string
}

export interface Outcome {
  /** Items it takes to be done. */
  readonly done: number
  /** What it has to say of the job, if it keeps that. */
  readonly report?: unknown
}

/** Does the whole job. */
export type Contender = (task: Task) => Promise<Outcome>

/** What a contender's script exports. */
export interface Module {
  readonly run: Contender
  /** What is to be done before, unmeasured. */
  readonly prepare?: (task: Task) => Promise<void>
}

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
export const REGION = 'us-east-1'
export const CONTAINER = 'benchmark'

/** Does one request's worth, and resolves to the number of items it takes to be done. */
export type Send<Item> = (items: readonly Item[]) => Promise<number>

/** A contender that knows only how to send one batch: all batches are sent, so many at a time. */
export const batchwise =
  <Item = string>(connect: (task: Task) => Send<Item>): Contender =>
  async (task) => {
    const send = connect(task)
    const items = task.items as readonly Item[]
    let next = 0
    let done = 0
    const work = async () => {
      while (next < items.length) {
        const from = next
        next += task.batch
        const sent = await send(items.slice(from, next))
        done += sent
      }
    }
    await Promise.all(Array.from({ length: task.concurrency }, work))
    return { done }
  }
