import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Control } from './control.js'
import type { Runner } from './runners.js'

const LIMIT_MS = 240_000

/** Runs the program of `folder` until it has reported; gives what went wrong with the runtime itself. */
export async function runProgram(runner: Runner, folder: string, control: Control): Promise<string | undefined> {
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...runner.files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const [binary = '', ...args] = runner.start({ folder, port: control.port })
  // With a process group of its own, so that whatever a browser starts ends with it.
  const child = spawn(binary, args, {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const timer = setTimeout(() => kill(child), LIMIT_MS)
  // A browser stays; everything else has to end by itself, which it would not with a timer or a socket left open.
  if (runner.host) control.ended.then(() => kill(child))
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve) => {
    child.on('exit', (...how) => resolve(how))
    child.on('error', (error) => resolve([null, error.message]))
  })
  clearTimeout(timer)
  const { complete } = control.results
  if (complete && (runner.host || code === 0)) return undefined
  return `it ${complete ? 'ended badly' : 'ended before its program'}: ${code ?? signal}\n${output.slice(-4000)}`
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
