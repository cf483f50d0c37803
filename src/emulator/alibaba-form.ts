import { utf8Length } from '../bytes.js'
import { type Incoming, Refusal } from './exchange.js'
import { orRefuse, plusAsBlank, queryPairs } from './raw.js'

/** The longest key, in bytes of UTF-8. */
const MOST_KEY_BYTES = 512
/** Of a batch's encoded form body; the provider says 2 MB and not of what. */
const MOST_BODY_BYTES = 2_000_000
const MOST_VALUE_BYTES = 2_000_000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One pair of a batch put. */
export interface KvItem {
  readonly key: string
  readonly value: string
  readonly expiration: number | undefined
  readonly expirationTtl: number | undefined
}

/** The parameters of one call. */
export class Parameters {
  readonly #query: ReadonlyMap<string, string>
  readonly #form: ReadonlyMap<string, string>

  constructor({ query, headers, body }: Incoming) {
    this.#query = new Map(orRefuse(() => queryPairs(query), invalid('The query is not percent-encoded.')))
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
    this.#form = new Map(
      isForm
        ? orRefuse(
            () => queryPairs(plusAsBlank(decoder.decode(body))),
            invalid('The body is not percent-encoded UTF-8.'),
          )
        : [],
    )
  }

  optional(name: string): string | undefined {
    return this.#query.get(name)
  }

  /** A parameter of the query. */
  required(name: string): string {
    return this.#query.get(name) || missing(name)
  }

  /** A parameter of the form; it may be empty. */
  field(name: string): string {
    return this.#form.get(name) ?? missing(name)
  }

  /** The `Key` of the query. */
  key(): string {
    return checkedKey(this.required('Key'))
  }

  /** The `Value` of the form. */
  value(): string {
    const value = this.field('Value')
    if (utf8Length(value) > MOST_VALUE_BYTES) throw valueTooLong()
    return value
  }

  /** Seconds, or a moment in seconds. */
  seconds(name: string): number | undefined {
    const text = this.optional(name)
    return text === undefined ? undefined : checkedSeconds(Number(text), name)
  }
}

/** The keys of a batch delete. One malformed key refuses the call: assumed, for no page says. */
export function readKeys(parameters: Parameters, request: Incoming, most: number): string[] {
  const keys = readList(parameters, 'Keys', request, most)
  for (const key of keys) checkedKey(key)
  return keys as string[]
}

/** The pairs of a batch put. */
export function readItems(parameters: Parameters, request: Incoming, most: number): KvItem[] {
  return readList(parameters, 'KvList', request, most).map((item) => {
    if (typeof item !== 'object' || item === null) throw invalid('KvList must hold objects.')
    const { Key, Value, Expiration, ExpirationTtl } = item as Readonly<Record<string, unknown>>
    if (typeof Value !== 'string') throw invalid('Value must be a string.')
    if (Value.length * 3 > MOST_VALUE_BYTES && utf8Length(Value) > MOST_VALUE_BYTES) throw valueTooLong()
    return {
      key: checkedKey(Key),
      value: Value,
      expiration: Expiration === undefined ? undefined : checkedSeconds(Expiration, 'Expiration'),
      expirationTtl: ExpirationTtl === undefined ? undefined : checkedSeconds(ExpirationTtl, 'ExpirationTtl'),
    }
  })
}

/** When a pair expires, in milliseconds since 1970; the time to live wins. */
export function expiryOf(
  { expiration, expirationTtl }: Pick<KvItem, 'expiration' | 'expirationTtl'>,
  now: Date,
): number | undefined {
  if (expirationTtl !== undefined) return now.getTime() + expirationTtl * 1000
  if (expiration === undefined) return undefined
  if (expiration * 1000 <= now.getTime()) throw invalid('The specified Expiration is in the past.')
  return expiration * 1000
}

/** A refusal of a parameter. */
export const invalid = (message: string): Refusal => new Refusal(400, 'Invalid.Parameter', message)

function readList(parameters: Parameters, name: string, { body }: Incoming, most: number): unknown[] {
  if (body.length > MOST_BODY_BYTES) throw valueTooLong()
  const text = parameters.field(name)
  const list: unknown = orRefuse(() => JSON.parse(text), invalid(`${name} is not valid JSON.`))
  if (!Array.isArray(list)) throw invalid(`${name} must be an array.`)
  if (list.length > most)
    throw new Refusal(400, 'InvalidKey.TooManyKeys', `The number of keys exceeds the limit of ${most}.`)
  return list
}

const NOT_WELL_FORMED = /\p{Surrogate}/u

function checkedKey(key: unknown): string {
  if (typeof key !== 'string' || key === '' || NOT_WELL_FORMED.test(key))
    throw new Refusal(400, 'InvalidKey.Malformed', 'The specified key is invalid.')
  if (key.length * 3 > MOST_KEY_BYTES && utf8Length(key) > MOST_KEY_BYTES)
    throw new Refusal(
      400,
      'InvalidKey.ExceedsMaximum',
      `The key exceeds the maximum length of ${MOST_KEY_BYTES} bytes.`,
    )
  return key
}

function checkedSeconds(seconds: unknown, name: string): number {
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds > 0) return seconds
  throw invalid(`${name} must be a positive number of whole seconds.`)
}

const valueTooLong = () =>
  new Refusal(400, 'InvalidValue.ExceedsMaximum', `The value exceeds the maximum size of ${MOST_VALUE_BYTES} bytes.`)

function missing(name: string): never {
  throw new Refusal(400, `Missing${name}`, `${name} is mandatory for this action.`)
}
