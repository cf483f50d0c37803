import type { Faults, StoreName } from 'keysweep/emulator'
import { Dice } from './dice.js'
import { type Family, STORES } from './stores.js'

/** What the fault layer can do to a request; the emulator's own faults come on top. */
export const FATES = [
  'reset before it was read',
  'reset without being served',
  'reset after it was served',
  'reset inside the answer',
  'closed without an answer',
  'closed inside the answer',
  'half-open without being served',
  'half-open after it was served',
  'half-open inside the answer',
  'served after the time limit',
  'answered before it was read',
  'answered by a portal page',
  'answered with nothing',
  'answered with garbage',
  'answered drop by drop',
  'answered late',
  'refused with a secret in it',
  'redirected',
  'answered with another success',
  'status 429',
  'status 500',
  'status 502',
  'status 503',
  'status 504',
  'keys invented',
  'keys repeated',
  'keys shuffled',
  'keys listed both ways',
] as const
export type Fate = (typeof FATES)[number]

/** Fates whose victim hears nothing for good: with these, a run needs a short time limit. */
const SILENT: readonly Fate[] = [
  'half-open without being served',
  'half-open after it was served',
  'half-open inside the answer',
  'served after the time limit',
]

export const SOURCES = [
  'array',
  'set',
  'generator',
  'bare',
  'asynchronous',
  'slow',
  'stream',
  'throws',
  'hangs',
] as const
export type SourceKind = (typeof SOURCES)[number]

export type Moment = 'start' | 'time' | 'request' | 'answer' | 'item' | 'attempt' | 'progress'

/** Everything that is decided about a run before it begins. */
export interface Plan {
  readonly seed: number
  readonly store: StoreName
  readonly action: 'delete' | 'put'
  /** undici's pool of keysweep's own, an Agent given to it, or the `fetch` option. */
  readonly transport: 'pool' | 'dispatcher' | 'fetch'
  readonly integrity: 'md5' | 'sha256' | 'crc32'
  readonly count: number
  readonly keys: {
    /** Chances of an item to be of a kind. */
    readonly hostile: number
    readonly impossible: number
    readonly duplicate: number
    /** Of those in a bucket with versions, to name one. */
    readonly versioned: number
    /** Long ones, so that few fill a request. */
    readonly heavy: boolean
  }
  readonly versioning: 'off' | 'Enabled' | 'locked'
  readonly conditional: boolean
  readonly source: SourceKind
  /** Where a source throws or hangs. */
  readonly sourceEnd: number
  readonly consumer: 'whole' | 'batches' | 'slow' | 'leaves' | 'throws' | 'returns'
  /** After so many batches a consumer does what its name says. */
  readonly patience: number
  readonly quiet: boolean
  readonly dryRun: boolean
  readonly bypassGovernance: boolean
  readonly concurrency: number
  readonly maxRequests: number | undefined
  readonly timeoutMs: number
  readonly retry: { readonly maxAttempts: number; readonly baseDelayMs: number; readonly maxDelayMs: number }
  readonly abort: { readonly at: Moment; readonly index: number } | undefined
  /** A callback that throws, or whose promise rejects. */
  readonly callbackFails:
    | { readonly name: 'onAttempt' | 'onProgress'; readonly index: number; readonly later: boolean }
    | undefined
  readonly credentials:
    | 'pair'
    | 'token'
    | 'function'
    | 'slow function'
    | 'short-lived'
    | 'expired once'
    | 'remote'
    | 'fails once'
    | 'fails'
    | 'hangs once'
    | 'wrong secret'
    | 'remote fails once'
  readonly clientSkewMs: number
  /** What befalls requests, each with its chance. */
  readonly fates: readonly (readonly [fate: Fate, chance: number])[]
  /** Of a connection to be refused, and to be reset as soon as it stands. */
  readonly refusedConnections: number
  readonly resetConnections: number
  /** Milliseconds on the way, at most. */
  readonly jitterMs: number
  readonly retryAfter: string | undefined
  readonly emulator: Faults
  /** Longer bodies are refused, whatever the provider documents. */
  readonly mostBodyBytes: number | undefined
}

/** The plan of a seed: the same on every machine. */
export function planOf(seed: number): Plan {
  const dice = new Dice(seed).for('plan')
  const rarely = <Value>(chance: number, value: () => Value): Value | undefined =>
    dice.chance(chance) ? value() : undefined
  const store = dice.pick(Object.keys(STORES) as StoreName[])
  const { family } = STORES[store]
  const action = family === 'kv' && dice.chance(0.4) ? 'put' : 'delete'
  const quiet = action === 'delete' && dice.chance(0.3)
  const isFair = dice.chance(0.05)
  const transport = dice.pick(['pool', 'dispatcher', 'fetch'] as const)
  const fates = isFair ? [] : fatesOf(dice, quiet && store === 'yandex')
  const source = dice.weigh({
    ...{ array: 30, set: 5, generator: 15, bare: 5, asynchronous: 15, slow: 8, stream: 12, throws: 4, hangs: 4 },
  })
  const abort = rarely(source === 'hangs' ? 1 : 0.22, () => abortOf(dice, source === 'hangs'))
  const credentials = dice.weigh({
    ...{ pair: 50, token: store === 'yandex' ? 30 : 0, function: 8, 'slow function': 6, 'short-lived': 5, remote: 10 },
    ...{ 'expired once': 5, 'fails once': 4, fails: 1, 'hangs once': 2, 'wrong secret': 1, 'remote fails once': 3 },
  })
  const isSilent = credentials === 'hangs once' || fates.some(([fate]) => SILENT.includes(fate))
  const retryAfter = rarely(0.5, () => dice.pick(['0', '1', '3600', '3600', 'date', 'soon', '-1', '1.5']))
  const conditional = store === 's3' && dice.chance(0.2)
  const versioning = family === 'kv' ? 'off' : dice.weigh({ off: 6, Enabled: 2, locked: 1 })
  return {
    seed,
    store,
    action,
    transport,
    integrity: dice.pick(['md5', 'sha256', 'crc32']),
    ...inputOf(dice, family, action),
    versioning,
    conditional,
    source,
    sourceEnd: dice.chance(0.3) ? dice.between(0, 3000) : dice.between(0, 100),
    consumer: dice.weigh({ whole: 45, batches: 30, slow: 9, leaves: 8, throws: 4, returns: 4 }),
    patience: dice.between(1, 4),
    quiet,
    dryRun: dice.chance(0.03),
    bypassGovernance: family === 's3' && dice.chance(0.4),
    concurrency: dice.chance(0.3) ? 1 : dice.between(2, 12),
    maxRequests: rarely(0.2, () => dice.between(0, 12)),
    timeoutMs: isSilent ? dice.pick([100, 200, 400]) : 20_000,
    retry: {
      maxAttempts: dice.between(1, 6),
      baseDelayMs: dice.pick([0, 1, 5]),
      maxDelayMs: retryAfter === '1' && dice.chance(0.5) ? 1200 : dice.pick([2, 10, 50]),
    },
    abort,
    callbackFails: rarely(0.04, () => ({
      name: dice.pick(['onAttempt', 'onProgress']),
      index: dice.between(0, 6),
      later: dice.chance(0.3),
    })),
    credentials,
    clientSkewMs: rarely(0.08, () => dice.pick([-3, -1, 1, 3]) * 20 * 60_000) ?? 0,
    fates,
    refusedConnections: transport === 'dispatcher' && !isFair && dice.chance(0.25) ? dice.pick([0.1, 0.5, 1]) : 0,
    resetConnections: !isFair && dice.chance(0.12) ? dice.pick([0.1, 0.5, 1]) : 0,
    jitterMs: dice.pick([0, 0, 2, 10]),
    retryAfter,
    emulator: isFair ? {} : emulatorFaults(dice, store, quiet, conditional || versioning !== 'off'),
    mostBodyBytes: isFair ? undefined : rarely(0.12, () => dice.pick([500, 2_000, 20_000])),
  }
}

function inputOf(dice: Dice, family: Family, action: Plan['action']): Pick<Plan, 'count' | 'keys'> {
  const heavy = dice.chance(0.2)
  const size = dice.weigh({ none: 4, few: 26, some: 40, many: heavy ? 0 : 22, most: heavy || action === 'put' ? 0 : 8 })
  const limits = { none: [0, 0], few: [1, 12], some: [13, 300], many: [301, 1500], most: [1501, 4500] } as const
  const [from, to] = limits[size]
  const isHuge = family === 'kv' && !heavy && dice.chance(0.008)
  return {
    count: isHuge
      ? dice.between(10_001, 12_000)
      : dice.between(from, heavy && action === 'put' ? Math.min(to, 150) : to),
    keys: {
      hostile: dice.pick([0, 0.02, 0.3]),
      impossible: dice.pick([0, 0, 0.01, 0.2]),
      duplicate: dice.pick([0, 0, 0.02, 0.4]),
      versioned: dice.pick([0.5, 0.5, 1]),
      heavy,
    },
  }
}

function abortOf(dice: Dice, hangs: boolean): NonNullable<Plan['abort']> {
  // A source that hangs makes no more items, and after the last request come no more of anything.
  const at = hangs ? 'time' : dice.pick(['start', 'time', 'request', 'answer', 'item', 'attempt', 'progress'] as const)
  return {
    at,
    index: at === 'time' ? dice.between(hangs ? 20 : 0, 60) : at === 'item' ? dice.between(0, 500) : dice.between(0, 6),
  }
}

const CHANCES = [0.05, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.5, 0.5, 1]

function fatesOf(dice: Dice, emptyIsSuccess: boolean): Plan['fates'] {
  const kinds = dice.shuffle(FATES.filter((fate) => !(emptyIsSuccess && fate === 'answered with nothing')))
  return kinds.slice(0, dice.pick([0, 0, 1, 1, 2, 4])).map((fate) => [fate, dice.pick(CHANCES)])
}

/** The emulator's own faults; none with which it would tell a lie that no client can see through. */
function emulatorFaults(dice: Dice, store: StoreName, quiet: boolean, refuses: boolean): Faults {
  const some = (chance: number) => (dice.chance(chance) ? dice.pick(CHANCES) : 0)
  const keyErrors = dice.chance(0.15)
    ? {
        [dice.pick(['InternalError', 'SlowDown', 'OperationAborted'])]: dice.pick([0.01, 0.2]),
        [dice.pick(['AccessDenied', 'NoSuchKey'])]: dice.pick([0, 0.05]),
      }
    : {}
  const isSilenceTrue = !quiet || (Object.keys(keyErrors).length === 0 && !refuses)
  const isEmptyTrue = isSilenceTrue || store !== 'yandex'
  return {
    status: dice.chance(0.1)
      ? { [dice.pick([400, 403, 404, 409, 429, 500, 502, 503, 504])]: dice.pick([0.05, 0.3]) }
      : {},
    keyErrors,
    reset: some(0.05),
    leaveOut: isSilenceTrue && dice.chance(0.15) ? dice.pick([0.01, 0.3]) : 0,
    errorInside200: some(0.06),
    html: some(0.05),
    empty: isEmptyTrue ? some(0.06) : 0,
    truncate: isEmptyTrue ? some(0.1) : 0,
    ...(dice.chance(0.1) && {
      throttle: { keysPerSecond: dice.between(100, 20_000), burst: dice.between(1, 300) },
    }),
    ...(dice.chance(0.3) && { retryAfter: dice.pick([0, 0, 1]) }),
    ...(dice.chance(0.05) && { latencyMs: dice.between(1, 20) }),
    ...(dice.chance(0.05) && { slowBytesPerSecond: dice.pick([2e6, 1e7]) }),
    ...(dice.chance(0.08) && { clockSkewMs: dice.pick([-40, -2, 0.3, 2, 30]) * 3_600_000 }),
  }
}
