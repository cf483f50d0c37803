import type { Contender, Sample } from './compare.js'
import type { Workload } from './job.js'

/** All samples of a comparison, by contender. */
export type Samples = ReadonlyMap<string, readonly Sample[]>

/** What a measure has to work with. */
export interface Bench {
  readonly isFull: boolean
  readonly rounds: number
  compare(workload: Workload, contenders: readonly Contender[], rounds?: number): Promise<Samples>
}

/** Something the package has to reach. */
export interface Target {
  readonly what: string
  readonly measured: number
  readonly limit: number
  readonly kind: 'at most' | 'at least'
  readonly unit: string
}

const target =
  (kind: Target['kind']) =>
  (limit: number, unit: string, what: string, measured: number): Target => ({ what, measured, limit, kind, unit })

export const atMost = target('at most')
export const atLeast = target('at least')

export const isReached = ({ kind, measured, limit }: Target): boolean =>
  kind === 'at most' ? measured <= limit : measured >= limit

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Result {
  readonly tables: readonly Table[]
  readonly targets: readonly Target[]
  /** CPU-seconds per million, to be drawn. */
  readonly bars?: readonly Bar[]
}

export interface Bar {
  readonly name: string
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Measure {
  /** As `--only` takes it. */
  readonly name: string
  readonly title: string
  /** What is compared with what. */
  readonly about: string
  run(bench: Bench): Promise<Result>
}
