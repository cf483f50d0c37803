// The emulator in a process of its own, told over IPC what to hold and asked what is left.
import { createReadStream } from 'node:fs'
import { createEmulator, type Faults, type StoreName } from 'keysweep/emulator'
import { keyAt, OUTCOMES } from './keys.js'

/** How a file of outcomes and the store agree: keys by what was reported, and whether they are there. */
export interface Comparison {
  readonly keys: number
  readonly deleted: { gone: number; present: number }
  readonly refused: { gone: number; present: number }
  readonly unknown: { gone: number; present: number }
  readonly 'not-sent': { gone: number; present: number }
  /** Bytes that are no outcome: keys nobody reported. */
  readonly unaccounted: number
  /** Keys the store holds. */
  readonly held: number
}

export type Order =
  | { readonly name: 'fill'; readonly store: StoreName; readonly container: string; readonly count: number }
  | { readonly name: 'keys'; readonly store: StoreName; readonly container: string }
  | { readonly name: 'requests'; readonly store: StoreName }
  | { readonly name: 'faults'; readonly store: StoreName; readonly faults: Faults }
  | { readonly name: 'compare'; readonly store: StoreName; readonly container: string; readonly outcomes: string }

export type Endpoints = Readonly<Record<StoreName, string>>

const emulator = createEmulator()
const { endpoints } = await emulator.listen()

async function carryOut(order: Order): Promise<unknown> {
  const { store } = order
  if (order.name === 'faults') return emulator.faults(store, order.faults)
  if (order.name === 'requests') return emulator.stats[store].requests
  if (order.name === 'keys') return emulator.state.keys(store, order.container)
  if (order.name === 'compare') return compare(store, order.container, order.outcomes)
  emulator.state.create(store, order.container)
  for (let index = 0; index < order.count; index++) emulator.state.put(store, order.container, keyAt(index))
  return emulator.state.size(store, order.container)
}

async function compare(store: StoreName, container: string, outcomes: string): Promise<Comparison> {
  const names = new Map<number, keyof typeof OUTCOMES>(
    Object.entries(OUTCOMES).map(([name, byte]) => [byte, name as keyof typeof OUTCOMES]),
  )
  const none = () => ({ gone: 0, present: 0 })
  const found = { deleted: none(), refused: none(), unknown: none(), 'not-sent': none() }
  let keys = 0
  let unaccounted = 0
  for await (const chunk of createReadStream(outcomes) as AsyncIterable<Uint8Array>)
    for (const byte of chunk) {
      const name = names.get(byte)
      const isPresent = emulator.state.has(store, container, keyAt(keys++))
      if (name) found[name][isPresent ? 'present' : 'gone']++
      else unaccounted++
    }
  return { keys, ...found, unaccounted, held: emulator.state.size(store, container) }
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ result: endpoints })
