import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** The processors this process may use, as numbers. */
function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What to put before a command so that it runs on a core of its own: the server's, or the client's. */
function pins(): { readonly server: readonly string[]; readonly client: readonly string[] } {
  const unpinned = { server: [], client: [] }
  if (process.platform !== 'linux' || !hasTaskset()) return unpinned
  const [first, second] = allowedCpus()
  if (first === undefined || second === undefined) return unpinned
  return { server: ['taskset', '-c', String(first)], client: ['taskset', '-c', String(second)] }
}

export const PINS = pins()

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  pinned: PINS.client.length > 0,
})
