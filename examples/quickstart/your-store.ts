import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { DeleteReport, DeleteStats, FailedKey } from 'keysweep'
import { isKeysweepError } from 'keysweep'
import { keyLines } from '../key-lines.js'
import { count, ProgressDisplay } from './progress.js'
import { type Environment, MisconfiguredError, readSettings } from './settings.js'
import { failedLine, Reasons, table } from './summary.js'

const SAMPLE = 5

/** Deletes the keys of a file from the store the variables name. False where a key failed or the run was cut short. */
export async function sweepYourStore(environment: Environment): Promise<boolean> {
  const { provider, container, keysFile, client, dryRun, showKeys } = readSettings(environment)
  const file = await stat(keysFile).catch((error: NodeJS.ErrnoException) => {
    throw new MisconfiguredError(`KEYS_FILE cannot be read: ${error.code}`)
  })
  if (!file.isFile()) throw new MisconfiguredError('KEYS_FILE is no file')
  console.log(`${dryRun ? 'Dry run: nothing is sent to' : 'Deleting from'} ${provider} ${JSON.stringify(container)}\n`)

  const totals: Totals = { items: 0, deleted: 0, failed: 0, requests: 0, retries: 0, durationMs: 0 }
  const reasons = new Reasons()
  const samples: FailedKey[] = []
  const add = ({ stats, failed }: Pick<DeleteReport, 'stats' | 'failed'>) => {
    for (const name of Object.keys(totals) as (keyof Totals)[]) totals[name] += stats[name]
    for (const item of failed) reasons.add(item)
    samples.push(...failed.slice(0, SAMPLE - samples.length))
  }

  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  const display = new ProgressDisplay()
  const bar = display.add(provider, file.size, () => `${count(totals.items)} keys`)
  let bytesRead = 0
  let settledThrough = 0
  let failure: Error | undefined
  try {
    const keys = keyLines(createReadStream(keysFile, { highWaterMark: 256 * 1024 }), (bytes) => {
      bytesRead = bytes
    })
    for await (const batch of client.deleteBatches(keys, { signal: stop.signal, dryRun })) {
      add(batch)
      settledThrough = batch.settledThrough
      bar.update(bytesRead, totals.failed)
    }
  } catch (error) {
    if (!isKeysweepError(error)) throw error
    failure = error
    // Every settled batch was added already; the numbers of the error's report are those of the whole run.
    if (error.report && 'deleted' in error.report) Object.assign(totals, pick(error.report.stats))
  } finally {
    process.off('SIGINT', interrupt)
    bar.done()
    display.stop()
  }

  console.log(`\n${table([{ store: provider, stats: totals }])}`)
  if (totals.failed > 0)
    console.log(
      `\nFailed:\n${reasons
        .lines()
        .map((line) => `  ${line}`)
        .join('\n')}`,
    )
  if (showKeys && samples.length > 0)
    console.log(`\nSome of them:\n${samples.map((item) => `  ${failedLine(item)}`).join('\n')}`)
  if (totals.failed > 0 && !showKeys) console.log('\nSet KEYSWEEP_SHOW_KEYS=1 to see a few of them.')
  if (dryRun)
    console.log(
      `\nNothing was sent. ${count(totals.items - totals.failed)} keys would be, in ${count(totals.requests)} requests.`,
    )
  if (failure)
    console.error(
      `\n${failure.name}: ${failure.message}\nThe first ${count(settledThrough)} keys of the file are accounted for; nothing behind them was sent.`,
    )
  return !failure && totals.failed === 0
}

const pick = ({ items, deleted, failed, requests, retries, durationMs }: DeleteStats): Totals => ({
  items,
  deleted,
  failed,
  requests,
  retries,
  durationMs,
})

type Totals = {
  -readonly [Name in 'items' | 'deleted' | 'failed' | 'requests' | 'retries' | 'durationMs']: DeleteStats[Name]
}
