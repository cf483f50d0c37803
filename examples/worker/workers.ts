import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** The workers of `config.capnp`, each at an origin of its own. */
export interface Workers {
  readonly origins: { readonly sweep: string; readonly sign: string; readonly cloud: string }
  stop(): Promise<void>
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** The program itself, which can be stopped; the command is a script around it. */
const WORKERD: string = createRequire(import.meta.url)('workerd').default

/**
 * Starts workerd with the built workers, on free ports.
 *
 * @param onLine Told what the workers write to their console.
 */
export async function startWorkers(onLine: (line: string) => void = console.error): Promise<Workers> {
  const child = spawn(WORKERD, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const [, stdout, stderr, control] = child.stdio as unknown as [null, Readable, Readable, Readable]
  for (const output of [stdout, stderr]) createInterface(output).on('line', onLine)
  const origins: Record<string, string> = {}
  // It tells which ports it got.
  for await (const line of createInterface(control)) {
    const { socket, port } = JSON.parse(line)
    origins[socket] = `http://127.0.0.1:${port}`
    if (origins.sweep && origins.sign && origins.cloud) break
  }
  if (!origins.cloud) throw new Error('workerd did not start')
  return {
    origins: origins as Workers['origins'],
    stop() {
      // It would wait for what is under way.
      child.kill('SIGKILL')
      return ended
    },
  }
}
