import type { Count, Usage, Workload } from './job.js'
import { type Command, NODE, type NullServer, runJob } from './processes.js'

export interface Contender {
  readonly name: string
  /** Its script, below the folder of the benchmark and without its ending. */
  readonly module: string
  readonly settings?: Readonly<Record<string, unknown>>
  /** What it departs from in the workload. */
  readonly workload?: Partial<Workload>
  readonly command?: Command
}

export interface Sample extends Usage {
  readonly counted: Count
}

/** One after the other in fresh processes, and that so many times, so that whatever the machine does meanwhile meets all alike. */
export async function compare(
  server: NullServer,
  workload: Workload,
  contenders: readonly Contender[],
  rounds: number,
  flags: readonly string[],
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders)
      samples.get(contender.name)?.push(await runOnce(server, workload, contender, flags))
  return samples
}

async function runOnce(
  server: NullServer,
  common: Workload,
  contender: Contender,
  flags: readonly string[],
): Promise<Sample> {
  const { name, module, settings = {}, command = NODE } = contender
  const workload = { ...common, ...contender.workload }
  await server.expect(workload)
  const usage = await runJob({ ...workload, module, settings, endpoint: server.endpoint }, [...command, ...flags])
  const counted = await server.counted()
  const { count, times = 1, warmUps = 0 } = workload
  const total = count * (times + warmUps)
  if (usage.error === undefined && (usage.done !== total || counted.done !== total))
    throw new Error(`${name} says ${usage.done} are done, the server ${counted.done}, of ${total}`)
  return { ...usage, counted }
}
