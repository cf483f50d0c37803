import { TestRunner } from 'vitest'

/** Counts by table, row and column. */
export type Counts = Record<string, Record<string, Record<string, number>>>

declare module 'vitest' {
  interface TaskMeta {
    /** What the test has seen happen. It travels with the test's result, from whichever process ran it. */
    counts?: Counts
  }
}

/** Counts something that happened in the current test. */
export function count(table: string, row: string, column: string, by = 1): void {
  const meta = TestRunner.getCurrentTest()?.meta
  if (!meta) return
  meta.counts ??= {}
  add(meta.counts, table, row, column, by)
}

export function add(counts: Counts, table: string, row: string, column: string, by: number): void {
  counts[table] ??= {}
  const rows = counts[table]
  rows[row] ??= {}
  const columns = rows[row]
  columns[column] = (columns[column] ?? 0) + by
}
