import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Count, Job, Usage, Workload } from './job.js'
import { PINS } from './machine.js'
import { builtFile } from './prepare.js'

/** Longer than any run takes; a contender that hangs ends here. */
const LONGEST_RUN_MS = 300_000
const MOST_OUTPUT_BYTES = 1 << 20

const split = ([program = '', ...args]: readonly string[]) => [program, args] as const

/** The null server, in a process and on a core of its own. */
export class NullServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly endpoint: string,
  ) {}

  static async start(): Promise<NullServer> {
    const [program, args] = split([...PINS.server, process.execPath, builtFile('server/main')])
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new NullServer(child, `http://127.0.0.1:${port}`)
  }

  /** Makes ready for a job, and forgets the one before. */
  async expect(workload: Workload): Promise<void> {
    await this.ask(workload)
  }

  async counted(): Promise<Count> {
    return (await this.ask('count')) as Count
  }

  stop(): void {
    this.child.disconnect()
  }

  private async ask(message: Workload | 'count'): Promise<unknown> {
    this.child.send(message)
    return (await once(this.child, 'message'))[0]
  }
}

/** How a runtime is called, up to the script. */
export type Command = readonly string[]

/** With a way to collect what setting up left behind. */
export const NODE: Command = [process.execPath, '--expose-gc']

/** Runs a script of the benchmark in a fresh process on the client's core, and resolves to what it says. */
export async function runScript(script: string, argument: unknown, command: Command): Promise<unknown> {
  const [program, args] = split([...PINS.client, ...command, builtFile(script), JSON.stringify(argument)])
  const { stdout } = await promisify(execFile)(program, args, { timeout: LONGEST_RUN_MS, maxBuffer: MOST_OUTPUT_BYTES })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string)
}

export const runJob = async (job: Job, command: Command): Promise<Usage> =>
  (await runScript('client/main', job, command)) as Usage
