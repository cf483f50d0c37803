import type { Contender, Task } from '../client/contender.js'

interface Report {
  readonly deleted?: readonly unknown[]
  readonly written?: readonly unknown[]
}

/** What the benchmark needs of a client; what its calls take is known only to the job. */
interface Client {
  deleteBatches(keys: Iterable<never>, options: { quiet: boolean; concurrency: number }): AsyncIterable<Report>
  deleteMany(keys: Iterable<never>, options: { quiet: boolean; concurrency: number }): Promise<Report>
  putBatches?(entries: Iterable<never>, options: { concurrency: number }): AsyncIterable<Report>
}

const doneIn = ({ deleted, written }: Report): number => (deleted ?? written ?? []).length

/** The whole job in one call: batch by batch, or with one report of it all where the setting `many` says so. */
export const sweeping = (connect: (task: Task) => Client): Contender => {
  let client: Client | undefined
  return async (task) => {
    const { quiet, concurrency, protocol } = task
    const items = task.items as Iterable<never>
    client ??= connect(task)
    if (task.settings.many) {
      const report = await client.deleteMany(items, { quiet, concurrency })
      return { done: doneIn(report), report }
    }
    const batches =
      protocol === 'kv-put' && client.putBatches
        ? client.putBatches(items, { concurrency })
        : client.deleteBatches(items, { quiet, concurrency })
    let done = 0
    for await (const batch of batches) done += doneIn(batch)
    return { done }
  }
}
