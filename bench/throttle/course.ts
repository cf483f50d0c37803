/** How a store refuses: whole requests with a 503, or single keys inside a 200. */
const FORMS = ['whole', 'by key'] as const
export type Form = (typeof FORMS)[number]

export const CONTENDERS = ['keysweep', 'aws-standard', 'aws-adaptive'] as const
export type Contender = (typeof CONTENDERS)[number]

/** One run: some clients of one kind against a store whose limit moves. */
export interface Course {
  readonly form: Form
  readonly clients: number
  /** Keys that the store takes in a second, phase by phase. */
  readonly limits: readonly number[]
  readonly phaseSeconds: number
}

export const LIMITS = [4_000, 8_000, 2_000, 6_000]
export const PHASE_SECONDS = { short: 3, full: 60 }
/** Time that the keys which may be asked for at once stand for. */
export const BURST_SECONDS = 1
export const LATENCY_MS = 20
export const BATCH = 1000
export const CONCURRENCY = 8

export const courses = (phaseSeconds: number): Course[] =>
  FORMS.flatMap((form) => [1, 8].map((clients) => ({ form, clients, limits: LIMITS, phaseSeconds })))

export const secondsOf = ({ limits, phaseSeconds }: Course): number => limits.length * phaseSeconds
