import { execFileSync } from 'node:child_process'
import type { TestProject } from 'vitest/node'
import { record } from '../figures.js'
import type { Count } from './tally.js'

/** Has the figures of a whole run written down, once every test has passed. */
export function setup(project: TestProject): () => void {
  return () => {
    const tests = project.vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()])
    if (tests.length === 0 || tests.some((test) => test.result().state !== 'passed')) return
    record({
      suite: 'ceph',
      command: 'npm run test:ceph',
      figures: { Ceph: versionOfCeph(), tests: tests.length },
      tables: sumsOf(tests.flatMap((test) => test.meta().counts ?? [])),
    })
  }
}

function sumsOf(counts: readonly Count[]): Record<string, Record<string, Record<string, number>>> {
  const tables: ReturnType<typeof sumsOf> = {}
  for (const { table, row, column, by } of counts) {
    const rows = tables[table] ?? {}
    const cells = rows[row] ?? {}
    tables[table] = { ...rows, [row]: { ...cells, [column]: (cells[column] ?? 0) + by } }
  }
  return tables
}

const versionOfCeph = () => /\d[\d.]+/.exec(execFileSync('radosgw', ['--version']).toString())?.[0] ?? 'unknown'
