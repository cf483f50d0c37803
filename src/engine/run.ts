import type { Mode, Operation } from '../operation.js'
import type { AttemptResult } from './attempt.js'
import type { Buffers } from './buffers.js'
import type { Limits } from './draft.js'
import type { Ledger } from './ledger.js'
import type { Pace } from './pace.js'
import type { Parcel } from './parcel.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'
import type { Sender } from './sender.js'
import type { Puller } from './source.js'
import type { Splitter } from './splitter.js'
import type { Store } from './store.js'
import type { Tally } from './tally.js'

/** How a run goes, as far as the engine is concerned. */
export interface Plan {
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((tally: Tally, present: Present) => unknown) | undefined
  readonly dryRun: boolean
  readonly maxRequests: number
  readonly mode: Mode
}

/** How a run stands right now. */
export interface Present {
  readonly total: number | undefined
  readonly inFlight: number
  readonly concurrency: number
}

/** Why a run was cut short by something other than its budget. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/** A run, as its parts see it and each other. */
export interface Run<Item, Detail extends object> {
  readonly store: Store
  /** The one for many items. */
  readonly operation: Operation<Item, Detail>
  readonly puller: Puller<Item>
  readonly plan: Plan
  /** What the store takes, as far as is known. */
  readonly limits: Limits
  readonly ledger: Ledger<Item, Detail>
  readonly pace: Pace
  readonly splitter: Splitter
  readonly buffers: Buffers
  readonly pool: Pool<Item, Detail>
  readonly queue: Queue<Item, Detail>
  readonly sender: Sender<Item, Detail>
  /** Whether nothing more is to be sent. */
  readonly isStopping: boolean
  /** Starts whatever may start now; to be called whenever something has changed. */
  proceed(): void
  /** Does what is to be done about an attempt. */
  settle(parcel: Parcel<Item, Detail>, result: AttemptResult<Detail>): void
  /** Ends the run over an error nobody foresaw, `clock` and `random` of the user's among them. */
  crash(parcel: Parcel<Item, Detail>, cause: unknown, isSent: boolean): void
  /** Ends the run, over its budget where no failure is given. What was sent is settled. */
  end(failure?: Failure): void
}
