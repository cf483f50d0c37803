import type { Shape } from './keys.js'

/** What a server speaks, and what is asked of it. */
export type Protocol = 's3' | 'kv' | 'kv-put' | 'ctyun'

/** What is to be done, the same for all contenders of a comparison. */
export interface Workload {
  readonly protocol: Protocol
  readonly quiet: boolean
  readonly shape: Shape
  readonly count: number
  /** Items a request. */
  readonly batch: number
  readonly concurrency: number
  /** Whether the items are made as they are taken, or stand in memory before. */
  readonly streamed?: boolean
  readonly latencyMs?: number
  readonly fault?: Fault
}

/** `storm`: every third request is answered 503 · `key-errors`: every 997th key fails once, inside a 200. */
export type Fault = 'storm' | 'key-errors'

/** One run of one contender, as its process is told. */
export interface Job extends Workload {
  /** Below `client/`, `floors/` or `peers/`, without its ending. */
  readonly module: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly endpoint: string
}

/** What the process tells of its run. */
export interface Usage {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly peakRssMiB: number
  /** Items the contender says are done. */
  readonly done: number
  /** What it threw, where it gave up. */
  readonly error?: string
}

/** What the server counted meanwhile. */
export interface Count {
  readonly requests: number
  /** Items in requests that it answered with success. */
  readonly done: number
  readonly bodyBytes: number
}
