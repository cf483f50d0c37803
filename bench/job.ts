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
  /** How often the job is done and measured; default once. */
  readonly times?: number
  /** How often it is done before that, unmeasured, so that nothing is compiled while it is; default never. */
  readonly warmUps?: number
  readonly latencyMs?: number
  readonly fault?: Fault
}

/**
 * - `storm`: every third request is answered 503, with a `Retry-After` of a second
 * - `early-storm`: that befalls half of the first hundred requests, without it
 * - `key-errors`: every 997th key fails once, inside a 200
 */
type Fault = 'storm' | 'early-storm' | 'key-errors'

/** One run of one contender, as its process is told. */
export interface Job extends Workload {
  /** The contender's script, below the folder of the benchmark and without its ending. */
  readonly module: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly endpoint: string
}

/** What a process has taken from its start until something is done. */
export interface SinceStart {
  readonly cpuMs: number
  readonly wallMs: number
}

/** What the process tells of its run. */
export interface Usage {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly peakRssMiB: number
  readonly sinceStart: SinceStart
  /** What is held on the heap once the job is done, beyond what was before it. */
  readonly heldBytes: number
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
  /** The most requests that were in flight among the last tenth of them. */
  readonly lateInFlight: number
}
