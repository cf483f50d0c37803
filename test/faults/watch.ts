import { AsyncLocalStorage } from 'node:async_hooks'

/** Timers that were set in one run, and neither fired nor were cleared. */
export type OpenTimers = Set<NodeJS.Timeout>

const runs = new AsyncLocalStorage<OpenTimers>()
let isWatching = false

/** Runs something, and has its timers noted: only those that keep a process alive, and none of other runs. */
export function watched<Result>(timers: OpenTimers, run: () => Promise<Result>): Promise<Result> {
  if (!isWatching) watchTimers()
  isWatching = true
  return runs.run(timers, run)
}

export const leftOpen = (timers: OpenTimers): number => [...timers].filter((timer) => timer.hasRef()).length

function watchTimers(): void {
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const owners = new WeakMap<object, OpenTimers>()
  const setWatched = (callback: (...values: unknown[]) => void, delay?: number, ...values: unknown[]) => {
    const timers = runs.getStore()
    const timer = set(() => {
      timers?.delete(timer)
      callback(...values)
    }, delay)
    timers?.add(timer)
    if (timers) owners.set(timer, timers)
    return timer
  }
  const clearWatched = (timer?: Parameters<typeof clearTimeout>[0]) => {
    if (typeof timer === 'object') owners.get(timer)?.delete(timer)
    clear(timer)
  }
  Object.assign(globalThis, { setTimeout: Object.assign(setWatched, set), clearTimeout: clearWatched })
}

/** What keeps this process alive, by kind. */
export function activeResources(): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
  return kinds
}
