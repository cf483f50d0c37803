import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { AttemptEvent, Progress } from 'keysweep'
import { createEmulator, type State } from 'keysweep/emulator'
import { Callbacks } from './callbacks.js'
import { Consumer, type Report } from './consumer.js'
import { Dice } from './dice.js'
import { type Identity, identityOf } from './identity.js'
import { type Stock, stockUp } from './input.js'
import { FaultLayer } from './layer.js'
import { isOverWithin, Network } from './network.js'
import type { Moment, Plan } from './plan.js'
import { Input, Thrown } from './source.js'
import { openClient } from './stores.js'
import { leftOpen, type OpenTimers, watched } from './watch.js'
import type { Exchange } from './way.js'

/** All that is known of a run once it is over. */
export interface Account {
  readonly plan: Plan
  readonly stock: Stock
  readonly identity: Identity
  readonly state: Pick<State, 'versions' | 'keys'>
  readonly input: Input
  readonly layer: FaultLayer
  readonly exchanges: readonly Exchange[]
  /** Connections that the network did not let come about. */
  readonly refusedConnections: number
  readonly report: Report | undefined
  readonly batches: readonly Report[]
  readonly error: unknown
  /** The consumer left before the end, or threw. */
  readonly left: boolean
  readonly aborted: boolean
  readonly callbackThrew: boolean
  readonly events: readonly AttemptEvent[]
  readonly progress: readonly Progress[]
  /** What was left behind, in words. */
  readonly leftovers: readonly string[]
  readonly requestsAtEnd: number
}

/** A run in which nothing happens for so long hangs. A slow machine is no reason: the longest of them take much CPU. */
const MOST_STILL_MS = 120_000
/** How long what is left in a dispatcher may take. */
const PATIENCE_MS = 20_000

/** Whether a run ends: false once it has not moved for long. */
async function endsWhileMoving(run: Promise<unknown>, movement: () => number): Promise<boolean> {
  for (;;) {
    const before = movement()
    if (await isOverWithin(MOST_STILL_MS, run)) return true
    if (movement() === before) return false
  }
}

/** Carries out a plan. */
export async function carryOut(plan: Plan, elsewhere: string): Promise<Account> {
  const identity = identityOf(plan)
  const emulator = createEmulator({ seed: plan.seed, ...identity.accounts })
  const { endpoints, close } = await emulator.listen()
  const stock = stockUp(plan, emulator.state)
  emulator.faults(plan.store, plan.emulator)
  const controller = new AbortController()
  const stop = new Thrown('aborted')
  const passed = (moment: Moment, index: number) => {
    if (plan.abort?.at === moment && plan.abort.index === index) controller.abort(stop)
  }
  const keys = stock.given.flatMap(({ id, key }) => (id === undefined ? [] : [key]))
  const surroundings = { elsewhere, keys: keys.length > 0 ? keys : ['a key'], passed }
  const layer = await FaultLayer.open(plan, endpoints[plan.store], surroundings)
  const input = new Input(plan, stock.given, (index) => passed('item', index))
  const network = new Network(plan, layer)
  const callbacks = new Callbacks(plan, passed)
  const client = openClient(
    plan.store,
    {
      endpoint: layer.endpoint,
      credentials: identity.credentials,
      ...network.options,
      timeoutMs: plan.timeoutMs,
      retry: plan.retry,
      onAttempt: callbacks.onAttempt,
      clock: () => new Date(Date.now() + plan.clientSkewMs),
      random: new Dice(plan.seed).for('client').random,
    },
    plan.integrity,
  )
  passed('start', plan.abort?.index ?? 0)
  const alarm = plan.abort?.at === 'time' ? setTimeout(passed, plan.abort.index, 'time', plan.abort.index) : undefined
  const timers: OpenTimers = new Set()
  const consumer = new Consumer(plan, client)
  const options = {
    concurrency: plan.concurrency,
    signal: controller.signal,
    onProgress: callbacks.onProgress,
    ...(plan.action === 'delete' && { quiet: plan.quiet }),
    ...(plan.bypassGovernance && { bypassGovernance: true }),
    dryRun: plan.dryRun,
    ...(plan.maxRequests !== undefined && { maxRequests: plan.maxRequests }),
  }
  const run = () => consumer.consume(input.open(), options)
  const movement = () => input.pulled + layer.exchanges.length + callbacks.events.length
  const isOver = await watched(timers, () => endsWhileMoving(run(), movement))
  clearTimeout(alarm)
  const requestsAtEnd = layer.exchanges.length
  const leftovers = isOver ? [] : ['the run, which hangs']
  if (leftOpen(timers) > 0) leftovers.push(`${leftOpen(timers)} timers`)
  if (getEventListeners(controller.signal, 'abort').length > 0) leftovers.push('a listener on the signal')
  leftovers.push(...(await layer.settled()).map((fate) => `an open request, ${fate}`))
  // Whatever was put off would come now.
  await pause(Math.min(20, plan.retry.maxDelayMs + 5))
  if (!(await network.close(PATIENCE_MS))) leftovers.push('a request in the dispatcher')
  await layer.close()
  await close()
  return {
    plan,
    stock,
    identity,
    state: emulator.state,
    input,
    layer,
    exchanges: layer.exchanges,
    refusedConnections: network.refused,
    ...consumer.outcome,
    aborted: controller.signal.aborted,
    callbackThrew: callbacks.threw,
    events: callbacks.events,
    progress: callbacks.progress,
    leftovers,
    requestsAtEnd,
  }
}
