import type { DeleteStats, FailedKey } from 'keysweep'
import { count } from './progress.js'

/** What became of one store. */
export interface StoreResult {
  readonly store: string
  readonly stats: Pick<DeleteStats, 'items' | 'deleted' | 'failed' | 'requests' | 'retries' | 'durationMs'>
  /** Keys that are still there, where that can be looked at. */
  readonly left?: number
}

/** One table for all stores: text to the left, numbers to the right. */
export function table(results: readonly StoreResult[]): string {
  const hasLeft = results.some(({ left }) => left !== undefined)
  const head = ['store', 'deleted', 'failed', ...(hasLeft ? ['still there'] : []), 'requests', 'retries', 'keys/s']
  const rows = results.map(({ store, stats, left }) => [
    store,
    count(stats.deleted),
    count(stats.failed),
    ...(hasLeft ? [count(left ?? 0)] : []),
    count(stats.requests),
    count(stats.retries),
    count(Math.round((stats.deleted / Math.max(1, stats.durationMs)) * 1000)),
  ])
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** A failed key with its reason, on one line whatever the key holds. */
export const failedLine = ({ key, code, message, outcome, attempts }: FailedKey): string =>
  `${JSON.stringify(key)}: ${code} (${outcome} after ${attempts} ${attempts === 1 ? 'request' : 'requests'}): ${message}`

/** How many keys failed for which reason, without naming one. */
export class Reasons {
  readonly #counts = new Map<string, number>()

  add({ code, outcome, retryable }: FailedKey): void {
    const reason = `${code} (${outcome}${retryable ? ', may succeed later' : ''})`
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  lines(): string[] {
    return [...this.#counts]
      .sort(([, one], [, other]) => other - one)
      .map(([reason, keys]) => `${count(keys)} × ${reason}`)
  }
}
