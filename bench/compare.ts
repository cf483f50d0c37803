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

const profiling = (folder: string, name: string): string[] => [
  '--cpu-prof',
  `--cpu-prof-dir=${folder}`,
  `--cpu-prof-name=${name.replace(/\W+/g, '-')}.cpuprofile`,
]

/**
 * One after the other in fresh processes, and that so many times, so that whatever the machine does meanwhile meets all alike.
 *
 * @param profiles A folder in which each contender leaves a CPU profile of its last run.
 */
export async function compare(
  server: NullServer,
  workload: Workload,
  contenders: readonly Contender[],
  rounds: number,
  profiles: string | undefined,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders)
      samples.get(contender.name)?.push(await runOnce(server, workload, contender, profiles))
  return samples
}

async function runOnce(server: NullServer, common: Workload, contender: Contender, profiles?: string): Promise<Sample> {
  const { name, module, settings = {} } = contender
  const { command = [...NODE, ...(profiles ? profiling(profiles, name) : [])] } = contender
  const workload = { ...common, ...contender.workload }
  await server.expect(workload)
  const usage = await runJob({ ...workload, module, settings, endpoint: server.endpoint }, command)
  const counted = await server.counted()
  const { count, times = 1, warmUps = 0, fault } = workload
  const total = count * (times + warmUps)
  const isComplete = usage.done === total && counted.done === total
  // What a store in trouble does to a contender is what is measured then.
  if (!isComplete && usage.error === undefined && fault === undefined)
    throw new Error(`${name} says ${usage.done} are done, the server ${counted.done}, of ${total}`)
  return { ...usage, counted }
}
