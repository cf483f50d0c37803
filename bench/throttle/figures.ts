import type { Second } from './account.js'
import { type Contender, type Course, type Form, secondsOf } from './course.js'
import type { Run } from './run.js'

/** What a run comes to. */
export interface Figures {
  readonly contender: Contender
  readonly form: Form
  readonly clients: number
  /** Keys taken, of what the store would have taken; in each phase. */
  readonly goodputByPhase: readonly number[]
  /** The same, in all. */
  readonly goodput: number
  /** The share of requests that were refused; one that was refused in part counts for that part. */
  readonly wasted: number
  /** What the client that got the most got, by what the one that got the least got. */
  readonly spread: number
  /** Keys that were given up. */
  readonly failed: number
  readonly requests: number
  readonly keysPerRequest: number
  /** Keys taken in each second. */
  readonly taken: readonly number[]
}

export const TARGETS = { goodput: 0.9, wasted: 0.1, spread: 1.2 }

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

export function figuresOf({ course, contender, seconds, failed }: Run): Figures {
  const { form, clients, limits, phaseSeconds } = course
  const taken = Array.from({ length: secondsOf(course) }, (_, index) => sum(seconds[index]?.taken ?? []))
  const phase = (index: number) => sum(taken.slice(index * phaseSeconds, (index + 1) * phaseSeconds))
  const total = (of: (second: Second) => number) => sum(seconds.map(of))
  const shares = Array.from({ length: clients }, (_, client) => total((second) => second.taken[client] ?? 0))
  const requests = total((second) => second.requests)
  return {
    contender,
    form,
    clients,
    goodputByPhase: limits.map((limit, index) => phase(index) / (limit * phaseSeconds)),
    goodput: sum(taken) / (sum(limits) * phaseSeconds),
    wasted: total((second) => second.wasted) / requests,
    spread: Math.max(...shares) / Math.min(...shares),
    failed,
    requests,
    keysPerRequest: total((second) => second.keys) / requests,
    taken,
  }
}

/** The limit in each second. */
export const limitsOf = ({ limits, phaseSeconds }: Course): number[] =>
  limits.flatMap((limit) => new Array<number>(phaseSeconds).fill(limit))
