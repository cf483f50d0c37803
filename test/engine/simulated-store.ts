import { Pace } from '../../src/engine/pace.js'
import { randomFrom } from './model-store.js'

const MAX_ITEMS = 1000
const CONCURRENCY = 8

/** How a simulated store throttles: whole requests by items, item by item, or whole requests by their number. */
export type Throttle = 'requests of items' | 'items' | 'requests'

export interface Course {
  readonly throttle: Throttle
  readonly clients?: number
  /** What the store takes in each second: items, or requests. */
  readonly limits: readonly number[]
  readonly askedMs?: number
  readonly latencyMs?: number
  readonly seed?: number
  /** How likely a request is refused for no reason. */
  readonly stumbles?: (now: number) => number
  /** Whether clients are told that it counts items. */
  readonly countsItems?: boolean
}

/** What became of a second. */
interface Second {
  readonly done: number[]
  requests: number
  /** Each request by the share of it that was refused. */
  wasted: number
}

interface Parcel {
  readonly items: number
  readonly attempts: number
}

/** Clients that have work without end, paced against a store with a token bucket, in a time of its own. */
export function simulate(course: Course): Second[] {
  const { throttle, clients = 1, limits, askedMs, latencyMs = 30, seed = 1, stumbles, countsItems = true } = course
  const random = randomFrom(seed)
  const due: { at: number; run: () => void }[] = []
  const seconds = limits.map((): Second => ({ done: new Array(clients).fill(0), requests: 0, wasted: 0 }))
  let now = 0
  let tokens = limits[0] as number
  let filledAt = 0

  const at = (time: number, run: () => void) => {
    let index = due.length
    while (index > 0 && (due[index - 1] as { at: number }).at <= time) index--
    due.splice(index, 0, { at: time, run })
  }
  const take = (items: number): number => {
    if (stumbles && random() < stumbles(now)) return 0
    const limit = limits[Math.min(limits.length - 1, Math.floor(now / 1000))] as number
    tokens = Math.min(limit, tokens + ((now - filledAt) / 1000) * limit)
    filledAt = now
    const cost = throttle === 'requests' ? 1 : items
    if (throttle !== 'items' && tokens < Math.min(cost, limit)) return 0
    const taken = Math.min(cost, Math.floor(tokens))
    tokens -= throttle === 'items' ? taken : cost
    return throttle === 'items' ? taken : items
  }

  const start = (client: number) => {
    const pace = new Pace({ concurrency: CONCURRENCY, maxItems: MAX_ITEMS, maxDelayMs: 20_000, countsItems }, random)
    const ready: Parcel[] = []
    let inFlight = 0
    let wakeAt = Number.POSITIVE_INFINITY
    const pumpIn = (wait: number) => {
      // As real timers, none is shorter than a millisecond.
      const time = now + Math.max(1, wait)
      if (time >= wakeAt) return
      wakeAt = time
      at(time, () => {
        if (wakeAt !== time) return
        wakeAt = Number.POSITIVE_INFINITY
        pump()
      })
    }
    const next = (): Parcel => {
      const parcel = ready.shift() ?? { items: MAX_ITEMS, attempts: 0 }
      if (parcel.items <= pace.items) return parcel
      const { attempts } = parcel
      ready.unshift({ items: parcel.items - pace.items, attempts })
      return { items: pace.items, attempts }
    }
    const pump = () => {
      for (; inFlight < pace.concurrency; send(next())) {
        const wait = pace.wait(now)
        if (wait > 0) return pumpIn(wait)
      }
    }
    const send = ({ items, attempts }: Parcel) => {
      const startedAt = now
      const way = latencyMs * (0.4 + 0.2 * random())
      inFlight++
      pace.started(items, now)
      at(now + way, () => {
        const done = take(items)
        const second = seconds[Math.floor(now / 1000)]
        if (second) {
          second.done[client] = (second.done[client] as number) + done
          second.requests++
          second.wasted += 1 - done / items
        }
        at(now + way, () => {
          inFlight--
          pace.answered({ startedAt, items, refused: items - done, askedMs }, now)
          const again = { items: items - done, attempts: attempts + 1 }
          if (done < items)
            at(now + Math.max(askedMs ?? 0, random() * 100 * 2 ** attempts), () => {
              ready.push(again)
              pump()
            })
          pump()
        })
      })
    }
    at(random(), pump)
  }

  for (let client = 0; client < clients; client++) start(client)
  for (let event = due.pop(); event && event.at < limits.length * 1000; event = due.pop()) {
    now = event.at
    event.run()
  }
  return seconds
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** What some seconds come to, of what the limits allowed. */
export function judge(seconds: readonly Second[], limits: readonly number[]) {
  const shares = (seconds[0] as Second).done.map((_, client) => sum(seconds.map(({ done }) => done[client] as number)))
  const requests = sum(seconds.map((second) => second.requests))
  return {
    goodput: sum(shares) / sum(limits),
    wasted: sum(seconds.map((second) => second.wasted)) / requests,
    spread: Math.max(...shares) / Math.min(...shares),
    itemsPerRequest: sum(shares) / requests,
  }
}
