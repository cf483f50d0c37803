import { createEmulator, type StoreName } from 'keysweep/emulator'
import { CONTAINER, CREDENTIALS } from './client/contender.js'
import type { Contender } from './compare.js'
import { FLOOR, inMode, keysweep, MODES, RIVALRIES, runtimes } from './contenders.js'
import type { Workload } from './job.js'
import { keyAt } from './keys.js'
import { MILLION_KEYS } from './measures/cpu.js'
import { NODE, runJob } from './processes.js'

interface Candidate {
  readonly store: StoreName
  readonly workload: Workload
  readonly contender: Contender
}

const s3 = (): Contender[] =>
  MODES.flatMap((mode) => [
    ...[FLOOR, keysweep('sha256'), keysweep('md5')].map((entrant) => inMode(entrant, mode)),
    ...runtimes().map(({ name, command, floor }) => ({
      ...inMode({ name, module: floor, modes: MODES }, mode),
      command,
    })),
  ])

const candidates = (): Candidate[] => [
  ...s3().map((contender) => ({ store: 's3' as const, workload: MILLION_KEYS, contender })),
  ...RIVALRIES.flatMap(({ store, workload, subject, floor }) =>
    [subject, floor].map((entrant) => ({ store, workload, contender: { ...entrant, workload } })),
  ),
]

/** Enough to need more than one request. */
const keysFor = ({ batch }: Workload): number => batch + 100

/**
 * The null server believes everything. So keysweep and each floor first do a small job at the emulator, which refuses a wrong
 * signature, checksum or body, and knows afterwards what it holds.
 */
export async function check(): Promise<number> {
  const all = candidates()
  for (const candidate of all) await checkOne(candidate)
  return all.length
}

async function checkOne({ store, workload: common, contender }: Candidate): Promise<void> {
  const { name, module, settings = {}, command = NODE } = contender
  const workload = { ...common, ...contender.workload }
  const count = keysFor(workload)
  const puts = workload.protocol === 'kv-put'
  const { state, listen } = createEmulator({ credentials: CREDENTIALS })
  state.create(store, CONTAINER)
  if (!puts) for (let index = 0; index < count; index++) state.put(store, CONTAINER, keyAt(workload.shape, index))
  const { endpoints, close } = await listen()
  try {
    const { done, error } = await runJob({ ...workload, count, module, settings, endpoint: endpoints[store] }, command)
    const held = state.size(store, CONTAINER)
    if (error !== undefined || done !== count || held !== (puts ? count : 0))
      throw new Error(`${name} at ${store}: ${error ?? `says ${done} of ${count} are done; the store holds ${held}`}`)
  } finally {
    await close()
  }
}
