import type { Contender, Sample } from './compare.js'
import type { Workload } from './job.js'

/** What a measure has to work with. */
export interface Bench {
  readonly isFull: boolean
  compare(workload: Workload, contenders: readonly Contender[], rounds?: number): Promise<ReadonlyMap<string, Sample[]>>
}

/** Something the package has to reach, and whether it does. */
export interface Target {
  readonly what: string
  readonly measured: number
  readonly limit: number
  readonly kind: 'at most' | 'at least'
  readonly unit: string
}

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Result {
  readonly tables: readonly Table[]
  readonly targets: readonly Target[]
}

export interface Measure {
  /** As `--only` takes it. */
  readonly name: string
  readonly title: string
  run(bench: Bench): Promise<Result>
}

export const isReached = ({ kind, measured, limit }: Target): boolean =>
  kind === 'at most' ? measured <= limit : measured >= limit
