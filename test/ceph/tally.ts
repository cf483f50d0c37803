import { TestRunner } from 'vitest'

/** So many of something, to be added to a cell of a table. */
export interface Count {
  readonly table: string
  readonly row: string
  readonly column: string
  readonly by: number
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the test has seen happen. It travels with the test's result, from whichever process ran it. */
    counts?: Count[]
  }
}

/** Counts something that happened in the current test. */
export function count(table: string, row: string, column: string, by = 1): void {
  const meta = TestRunner.getCurrentTest()?.meta
  if (!meta) return
  meta.counts ??= []
  meta.counts.push({ table, row, column, by })
}
