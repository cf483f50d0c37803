import type { Contender, Sample } from './compare.js'
import type { Figure } from './figures.js'
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
  readonly unit: '×' | '%' | 's' | 'ms' | 'MiB' | 'bytes' | 'keys' | 'requests'
}

const target =
  (kind: Target['kind']) =>
  (limit: number, unit: Target['unit'], what: string, measured: number): Target => ({
    what,
    measured,
    limit,
    kind,
    unit,
  })

export const atMost = target('at most')
export const atLeast = target('at least')

/** A contender that could not run leaves nothing to compare with. */
export const isMeasured = ({ measured }: Target): boolean => Number.isFinite(measured)

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
  /** To be drawn. */
  readonly panels?: readonly Panel[]
}

/** CPU-seconds for a million items, by contender. */
export interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
}

export interface Bar extends Figure {
  readonly name: string
}

export interface Measure {
  /** As `--only` takes it. */
  readonly name: string
  readonly title: string
  /** What is compared with what. */
  readonly about: string
  run(bench: Bench): Promise<Result>
}
