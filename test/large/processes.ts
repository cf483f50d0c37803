import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StoreName } from 'keysweep/emulator'
import type { Job, Result } from './deleter.js'
import type { Comparison, Endpoints, Order } from './server.js'

/** Starts a file of TypeScript as a process of its own, to be spoken to over IPC. */
export function start(file: URL, flags: readonly string[] = []): ChildProcess {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  return fork(fileURLToPath(file), { cwd: root, execArgv: ['--import', 'tsx', ...flags] })
}

/** The next thing a process tells; rejects where that is an error, or where the process ends instead. */
export async function told(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`the process ended with ${code}`)
  })
  exit.catch(() => {})
  const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as [object]
  ended.abort()
  if ('error' in message) throw new Error(String(message.error))
  return 'result' in message ? message.result : undefined
}

/** The emulator in a process of its own. */
export class ServerProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly endpoints: Endpoints,
  ) {}

  static async start(): Promise<ServerProcess> {
    const child = start(new URL('./server.ts', import.meta.url), ['--max-old-space-size=4096'])
    return new ServerProcess(child, (await told(child)) as Endpoints)
  }

  async order(order: Order): Promise<unknown> {
    this.child.send(order)
    return told(this.child)
  }

  async keys(store: StoreName, container: string): Promise<readonly string[]> {
    return (await this.order({ name: 'keys', store, container })) as readonly string[]
  }

  /** How many requests a store was sent. */
  async requests(store: StoreName): Promise<number> {
    return (await this.order({ name: 'requests', store })) as number
  }

  async compare(store: StoreName, container: string, outcomes: string): Promise<Comparison> {
    return (await this.order({ name: 'compare', store, container, outcomes })) as Comparison
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect()
  }
}

/** Runs one deletion in a process of its own, whose memory is nobody else's. */
export async function runDeleter(job: Job): Promise<Result> {
  const child = start(new URL('./deleter.ts', import.meta.url), ['--expose-gc'])
  child.send(job)
  return (await told(child)) as Result
}
