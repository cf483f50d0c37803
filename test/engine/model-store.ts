import { EsaKvClient } from 'keysweep/alibaba-esa'
import { CtyunZosClient } from 'keysweep/ctyun-zos'
import { S3StorageClient } from 'keysweep/s3'

/** Which provider a model store speaks as. */
export type Dialect = 's3' | 'esa' | 'ctyun'

/** What a model store does to one request. */
export interface Fault {
  readonly kind:
    | 'none'
    | 'throttle'
    | 'too-many-requests'
    | 'server-error'
    | 'network'
    | 'truncated'
    | 'empty'
    | 'html'
    | 'key-errors'
    | 'left-out'
    | 'hang'
  /** Whether the work is done all the same, where the kind leaves that open. */
  readonly applied: boolean
  readonly retryAfter?: string | undefined
  /** Share of the keys that the fault concerns. */
  readonly share: number
  readonly invented: boolean
  readonly shuffled: boolean
}

export const NO_FAULT: Fault = { kind: 'none', applied: true, share: 0, invented: false, shuffled: false }
export const fault = (kind: Fault['kind'], more: Partial<Fault> = {}): Fault => ({
  ...NO_FAULT,
  kind,
  share: 1,
  ...more,
})

/** A request as the model saw it. */
export interface Seen {
  readonly keys: readonly string[]
  readonly headers: Headers
  readonly at: number
  readonly bodyBytes: number
}

interface Result {
  readonly deleted: readonly string[]
  readonly errors: readonly (readonly [key: string, code: string])[]
}

const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const plain = (value: string) =>
  value
    .replace(/&#x([0-9A-Fa-f]+);/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

const keysIn: Record<Dialect, (body: string) => string[]> = {
  s3: (body) => Array.from(body.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = '']) => plain(key)),
  esa: (body) => JSON.parse(new URLSearchParams(body).get('Keys') ?? '[]') as string[],
  ctyun: (body) => {
    const { delete: asked } = JSON.parse(body) as { delete: { objects: { key: string }[] } }
    return asked.objects.map(({ key }) => key)
  },
}

const write: Record<Dialect, (result: Result) => string> = {
  s3: ({ deleted, errors }) =>
    `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deleted
      .map((key) => `<Deleted><Key>${text(key)}</Key></Deleted>`)
      .join('')}${errors
      .map(([key, code]) => `<Error><Key>${text(key)}</Key><Code>${code}</Code><Message>${code}</Message></Error>`)
      .join('')}</DeleteResult>`,
  esa: ({ deleted, errors }) =>
    JSON.stringify({ RequestId: 'model', SuccessKeys: deleted, FailKeys: errors.map(([key]) => key) }),
  ctyun: ({ deleted, errors }) =>
    JSON.stringify({
      statusCode: '800',
      returnObj: {
        deleted: deleted.map((key) => ({ key })),
        errors: errors.map(([key, code]) => ({ key, code, message: code })),
      },
    }),
}

const refusals: Record<Dialect, (status: number, code: string) => string> = {
  s3: (_, code) => `<Error><Code>${code}</Code><Message>${code}</Message><RequestId>model</RequestId></Error>`,
  esa: (_, code) => JSON.stringify({ Code: code, Message: code, RequestId: 'model' }),
  ctyun: (_, code) => JSON.stringify({ statusCode: '900', errorCode: code, message: code }),
}

/** The codes by which each provider throttles, fails, and refuses a body it does not like. */
export const CODES = {
  s3: { throttle: 'SlowDown', failure: 'InternalError', malformed: 'MalformedXML' },
  esa: { throttle: 'Throttling.User', failure: 'InternalError', malformed: 'InvalidKey.Malformed' },
  ctyun: { throttle: 'SlowDown', failure: 'InternalError', malformed: 'Oss.Malformed' },
} as const

/** A small generator of numbers from 0 up to 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A store in memory behind a fetch function, written without a look at the engine, that fails by a script. */
export class ModelStore {
  readonly present: Set<string>
  readonly requests: Seen[] = []
  /** Keys that make the store refuse any request that carries them. */
  poison: ReadonlySet<string> = new Set()
  /** Items that the store takes in one request. */
  mostItems = Number.POSITIVE_INFINITY
  /** Bytes that the store takes in one body. */
  mostBytes = Number.POSITIVE_INFINITY
  /** What befalls the request of this index. */
  faultFor: (index: number, keys: readonly string[]) => Fault = () => NO_FAULT
  /** Runs before a request is looked at. */
  before: (index: number) => unknown = () => {}
  readonly #random: () => number

  constructor(
    readonly dialect: Dialect,
    keys: Iterable<string>,
    seed = 1,
  ) {
    this.present = new Set(keys)
    this.#random = randomFrom(seed)
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const body = await request.text()
    const keys = keysIn[this.dialect](body)
    const bodyBytes = new TextEncoder().encode(body).length
    const index = this.requests.push({ keys, headers: request.headers, at: performance.now(), bodyBytes }) - 1
    await this.before(index)
    if (bodyBytes > this.mostBytes) return new Response('', { status: 413 })
    return this.#answer(keys, this.faultFor(index, keys))
  }

  #answer(keys: readonly string[], { kind, applied, share, retryAfter, invented, shuffled }: Fault): Promise<Response> {
    const { dialect } = this
    const codes = CODES[dialect]
    const refuse = (status: number, code: string) =>
      Promise.resolve(
        new Response(refusals[dialect](status, code), {
          status,
          headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
        }),
      )
    const apply = (some: readonly string[]) => {
      for (const key of some) this.present.delete(key)
    }
    const answer = (body: string) => Promise.resolve(new Response(body, { status: 200 }))
    if (kind === 'throttle') return refuse(503, codes.throttle)
    if (kind === 'too-many-requests') return refuse(429, codes.throttle)
    if (keys.length > this.mostItems) return refuse(400, 'InvalidKey.TooManyKeys')
    if (keys.some((key) => this.poison.has(key))) return refuse(400, codes.malformed)
    if (kind === 'hang') {
      if (applied) apply(keys)
      return new Promise(() => {})
    }
    if (kind === 'server-error' || kind === 'network') {
      if (applied) apply(keys)
      return kind === 'network' ? Promise.reject(new TypeError('connection reset')) : refuse(500, codes.failure)
    }
    const hit = new Set(keys.filter(() => this.#random() < share))
    const deleted: string[] = []
    const errors: [string, string][] = []
    for (const key of new Set(keys)) {
      if (kind === 'key-errors' && hit.has(key)) {
        errors.push([key, this.#random() < 0.5 ? 'InternalError' : 'AccessDenied'])
      } else if (kind === 'left-out' && hit.has(key)) {
        if (applied) apply([key])
      } else {
        apply([key])
        deleted.push(key)
      }
    }
    if (invented) deleted.push('a key that nobody asked for')
    if (shuffled) deleted.sort(() => this.#random() - 0.5)
    const whole = write[dialect]({ deleted, errors })
    if (kind === 'truncated') return answer(whole.slice(0, Math.floor(whole.length * this.#random() * 0.9) + 1))
    if (kind === 'empty') return answer('')
    if (kind === 'html') return answer('<html><body>Welcome to the hotel</body></html>')
    return answer(whole)
  }
}

const credentials = { accessKeyId: 'model-key', secretAccessKey: 'model-secret' }

/** Options that all clients of the tests share: quick retries. */
export const QUICK = { retry: { baseDelayMs: 1, maxDelayMs: 5 }, credentials } as const

type Common = ConstructorParameters<typeof S3StorageClient>[0]

/** A client for a model store. */
export function clientFor(store: ModelStore, options: Partial<Omit<Common, 'bucket' | 'region' | 'credentials'>> = {}) {
  const common = { ...QUICK, fetch: store.fetch, ...options }
  if (store.dialect === 's3') return new S3StorageClient({ bucket: 'photos', region: 'us-east-1', ...common })
  if (store.dialect === 'esa') return new EsaKvClient({ namespace: 'photos', ...common })
  return new CtyunZosClient({ bucket: 'photos', regionId: 'region', ...common })
}

export const keyNames = (count: number, prefix = 'key-') => Array.from({ length: count }, (_, index) => prefix + index)

export const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
