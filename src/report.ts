/** A key the store said is deleted. */
export interface DeletedKey {
  readonly key: string
  /** The version the item named, or the one the store gave; never the placeholder `null` of an unversioned bucket. */
  readonly versionId?: string
  /** True where a delete marker was made, or was what the named version was. */
  readonly deleteMarker?: boolean
  readonly deleteMarkerVersionId?: string
}

/** A key the store said is written. */
export interface WrittenKey {
  readonly key: string
}

/** A key that is not known to be done, and why. */
export interface FailedKey {
  readonly key: string
  readonly versionId?: string
  /**
   * The service's own code, verbatim, or one of `InvalidKey`, `InvalidEntry`, `Unreported`, `Unspecified`, `NetworkError`,
   * `Timeout`, `BadResponse`, `Aborted`, `NotSent`.
   */
  readonly code: string
  readonly message: string
  /**
   * `refused`: the store said no, so it is as it was. `not-sent`: it never left this program.
   * `unknown`: it may have been applied, because at least one answer is missing or unreadable.
   */
  readonly outcome: 'refused' | 'not-sent' | 'unknown'
  /** Whether the same item may succeed later, unchanged. */
  readonly retryable: boolean
  /** Requests that carried it. */
  readonly attempts: number
  /** HTTP status of the last answer. */
  readonly status?: number
  /** The service's id of the last request, for its support. */
  readonly requestId?: string
}

interface CommonStats {
  /** Items taken from the input. */
  readonly items: number
  readonly failed: number
  /** Attempts sent, retries among them; in a dry run, those that would be. */
  readonly requests: number
  readonly retries: number
  /** Answers that asked to slow down. */
  readonly throttled: number
  /** Bytes of request bodies. */
  readonly bytesSent: number
  /** Bytes of answer bodies. */
  readonly bytesReceived: number
  readonly durationMs: number
}

export interface DeleteStats extends CommonStats {
  readonly deleted: number
}

export interface PutStats extends CommonStats {
  readonly written: number
}

/** What a run did, in numbers. */
export type RunStats = DeleteStats | PutStats

export interface DeleteReport {
  /** In input order. */
  readonly deleted: DeletedKey[]
  /** In input order. */
  readonly failed: FailedKey[]
  readonly stats: DeleteStats
  /** Only where the run ended early: the index of the first item it did not take. Nothing at or beyond it was sent. */
  readonly resumeFrom?: number
}

export interface PutReport {
  /** In input order. */
  readonly written: WrittenKey[]
  /** In input order. */
  readonly failed: FailedKey[]
  readonly stats: PutStats
  /** Only where the run ended early: the index of the first item it did not take. Nothing at or beyond it was sent. */
  readonly resumeFrom?: number
}

interface BatchPlace {
  /** Index in the input of the batch's first item. */
  readonly offset: number
  /** Items in the batch. */
  readonly count: number
  /** How many leading items of the input are settled and were yielded, this batch included: a safe place to resume from. */
  readonly settledThrough: number
}

/**
 * One contiguous piece of the input, settled. Its `stats` count its own items, and the requests since the batch before,
 * so that the stats of all batches add up to those of the run.
 */
export interface DeleteBatch extends DeleteReport, BatchPlace {}

/** One contiguous piece of the input, settled; see `DeleteBatch`. */
export interface PutBatch extends PutReport, BatchPlace {}
