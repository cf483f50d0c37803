import { createEmulator, type EmulatorOptions, type Faults, type State, type StoreName } from 'keysweep/emulator'
import { onTestFinished } from 'vitest'
import { CONTAINER } from './subjects.js'

export {
  CONTAINER,
  type Deleter,
  KEY_PAIR,
  manyKeys,
  QUICK,
  rejection,
  SUBJECTS,
  type Subject,
} from './subjects.js'

export const isNodeHalf = process.env.KEYSWEEP_HALF === 'node'

/** The emulator behind real sockets, and one store of it. */
export interface Lab {
  readonly endpoint: string
  readonly state: State
  readonly stats: { readonly requests: number; readonly items: number }
  faults(faults: Faults): void
  /** Puts keys into the container. */
  fill(keys: Iterable<string>): void
  /** What the container holds. */
  readonly held: string[]
  has(key: string): boolean
  close(): Promise<void>
}

/** Opens the emulator until the test is over. The web half has no ports of its own: there Node's server stands in. */
export async function openLab(name: StoreName, options: EmulatorOptions = {}): Promise<Lab> {
  const { state, stats, faults, endpoint, close } = isNodeHalf
    ? await listen(name, options)
    : await serve(name, options)
  onTestFinished(close)
  state.create(name, CONTAINER)
  return {
    endpoint,
    state,
    stats,
    faults,
    fill: (keys) => {
      for (const key of keys) state.put(name, CONTAINER, key)
    },
    get held() {
      return state.keys(name, CONTAINER)
    },
    has: (key) => state.has(name, CONTAINER, key),
    close,
  }
}

async function listen(name: StoreName, options: EmulatorOptions) {
  const emulator = createEmulator(options)
  const { endpoints, close } = await emulator.listen()
  return {
    state: emulator.state,
    stats: emulator.stats[name],
    faults: (faults: Faults) => emulator.faults(name, faults),
    endpoint: endpoints[name],
    close,
  }
}

async function serve(name: StoreName, options: EmulatorOptions) {
  const { Cloud } = await import('../../src/emulator/emulator.js')
  const node = await import('../../src/runtime/node/server.js')
  const cloud = new Cloud(options)
  const { handle, stats, troubles } = cloud.stores[name]
  const server = await node.serve(handle)
  return {
    state: cloud.holdings.state,
    stats,
    faults: (faults: Faults) => troubles.set(faults),
    endpoint: `http://127.0.0.1:${server.port}`,
    close: server.close,
  }
}
