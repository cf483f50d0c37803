import { execFileSync } from 'node:child_process'
import type { TestProject } from 'vitest/node'
import { record } from '../figures.js'
import { add, type Counts } from './tally.js'

/** Has the figures of a whole run written down, once every test has passed. */
export function setup(project: TestProject): () => void {
  return () => {
    const tests = project.vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()])
    if (tests.length === 0 || tests.some((test) => test.result().state !== 'passed')) return
    const tables: Counts = {}
    for (const test of tests)
      for (const [table, rows] of Object.entries(test.meta().counts ?? {}))
        for (const [row, columns] of Object.entries(rows))
          for (const [column, by] of Object.entries(columns)) add(tables, table, row, column, by)
    record({
      suite: 'ceph',
      command: 'npm run test:ceph',
      figures: { Ceph: versionOfCeph(), tests: tests.length },
      tables,
    })
  }
}

const versionOfCeph = () => /\d[\d.]+/.exec(execFileSync('radosgw', ['--version']).toString())?.[0] ?? 'unknown'
