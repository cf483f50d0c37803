import type { Faults, StoreName } from 'keysweep/emulator'
import type { RemoteKey } from '../../../src/index.js'
import { KEY_PAIR } from '../../providers/subjects.js'
import type { Calls } from '../control.js'
import type { Ability } from '../runners.js'

/** Where the program that started this runtime listens; written in when the suite is bundled. */
declare const CONTROL: string

/** What this runtime cannot do; written in likewise. */
declare const CANNOT: readonly Ability[]

export const can = (ability: Ability): boolean => !CANNOT.includes(ability)

/** Has the program that started this runtime do something: it holds the emulator. */
export async function call<Name extends keyof Calls>(
  name: Name,
  ...args: Parameters<Calls[Name]>
): Promise<Awaited<ReturnType<Calls[Name]>>> {
  const answer = await fetch(`${CONTROL}/call`, { method: 'POST', body: JSON.stringify({ name, args }) })
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`)
  return (await answer.json()) as Awaited<ReturnType<Calls[Name]>>
}

/** One container of an emulated store, seen from afar. */
export interface Lab {
  readonly endpoint: string
  readonly container: string
  fill(keys: readonly string[]): Promise<unknown>
  faults(faults: Faults): Promise<unknown>
  held(): Promise<string[]>
  requests(): Promise<number>
}

/** A new container in the emulated store, which works as it should. */
export async function openLab(store: StoreName, versioning = false): Promise<Lab> {
  const { endpoint, container } = await call('open', store, versioning)
  return {
    endpoint,
    container,
    fill: (keys) => call('fill', keys),
    faults: (faults) => call('faults', faults),
    held: () => call('held'),
    requests: () => call('requests'),
  }
}

/** The emulator's key, its secret left with the program that started this runtime. */
export const REMOTE_KEY: RemoteKey = {
  accessKeyId: KEY_PAIR.accessKeyId,
  sign: (request) => call('sign', request),
}
