import { expiryOf, invalid, type Parameters, readItems, readKeys } from './alibaba-form.js'
import { bytesOf, type Container } from './container.js'
import { type Incoming, type KeyFaults, Refusal } from './exchange.js'

/** What an operation answers beside the request id. */
export type Fields = Readonly<Record<string, unknown>>

/** An operation whose parameters were found in order. */
export interface Operation {
  readonly items: number
  run(faults: KeyFaults): Fields
}

/** What an operation has to work with. */
export interface KvRequest {
  readonly request: Incoming
  readonly parameters: Parameters
  readonly namespace: Container
  readonly now: Date
  /** The most pairs of a batch put. */
  readonly putLimit: number
}

const MOST_KEYS = 10_000
const MOST_LISTED = 50_000

/** Keys that are not there count as deleted: assumed, for no page says. */
export function batchDelete({ request, parameters, namespace }: KvRequest): Operation {
  const keys = readKeys(parameters, request, MOST_KEYS)
  return batch(keys, (index) => namespace.remove(keys[index] as string))
}

export function batchPut({ request, parameters, namespace, now, putLimit }: KvRequest): Operation {
  const items = readItems(parameters, request, putLimit)
  const expiries = items.map((item) => expiryOf(item, now))
  return batch(
    items.map(({ key }) => key),
    (index) => namespace.put(items[index]?.key as string, items[index]?.value, { expires: expiries[index] }),
  )
}

/** Both lists in the order of the request. */
const batch = (keys: readonly string[], apply: (index: number) => void): Operation => ({
  items: keys.length,
  run(faults) {
    const [SuccessKeys, FailKeys]: [string[], string[]] = [[], []]
    keys.forEach((key, index) => {
      const failed = faults.failure() !== undefined
      if (!failed) apply(index)
      if (!faults.leavesOut()) (failed ? FailKeys : SuccessKeys).push(key)
    })
    return { SuccessKeys, FailKeys }
  },
})

export function remove({ parameters, namespace }: KvRequest): Operation {
  const key = parameters.key()
  return single(() => {
    if (!namespace.get(key)) throw notFound()
    namespace.remove(key)
    return {}
  })
}

/** ESA gives `Length` as text, DCDN as a number; only ESA knows `Base64`. */
export const put =
  (isEsa: boolean) =>
  ({ parameters, namespace, now }: KvRequest): Operation => {
    const [key, sent] = [parameters.key(), parameters.value()]
    const [expiration, expirationTtl] = [parameters.seconds('Expiration'), parameters.seconds('ExpirationTtl')]
    const expires = expiryOf({ expiration, expirationTtl }, now)
    const value = isEsa && parameters.optional('Base64') === 'true' ? fromBase64(sent) : sent
    return single(() => {
      namespace.put(key, value, { expires })
      return { Length: isEsa ? String(value.length) : value.length, Value: shortened(sent) }
    })
  }

export function get({ parameters, namespace }: KvRequest): Operation {
  const key = parameters.key()
  return single(() => {
    const version = namespace.get(key)
    if (!version) throw notFound()
    const bytes = bytesOf(version)
    return { Value: parameters.optional('Base64') === 'true' ? toBase64(bytes) : new TextDecoder().decode(bytes) }
  })
}

export function list({ parameters, namespace }: KvRequest): Operation {
  const page = parameters.seconds('PageNumber') ?? 1
  const size = parameters.seconds('PageSize') ?? 50
  if (size > 100 || page * size > MOST_LISTED)
    throw invalid('PageSize is 100 at most, PageNumber times PageSize 50,000.')
  return single(() => {
    const found = namespace.list(parameters.optional('Prefix') ?? '', '', MOST_LISTED)
    const Keys = found.slice((page - 1) * size, page * size).map((Name) => ({
      Name,
      UpdateTime: new Date(namespace.get(Name)?.modified ?? 0).toISOString().replace(/\.\d+/, ''),
    }))
    return { Keys, PageNumber: page, PageSize: size, TotalCount: found.length }
  })
}

/** An operation on one key fails whole where the faults would fail the key. */
const single = (run: () => Fields): Operation => ({
  items: 1,
  run(faults) {
    const code = faults.failure()
    if (code !== undefined) throw new Refusal(code.startsWith('Too') ? 429 : 400, code, code)
    return run()
  },
})

const notFound = () => new Refusal(404, 'InvalidKey.NotFound', 'The specified key does not exist.')

/** Long values come back without their middle. */
const shortened = (value: string): string =>
  value.length <= 256 ? value : `${value.slice(0, 126)}....${value.slice(-126)}`

function fromBase64(value: string) {
  try {
    return Uint8Array.from(atob(value), (char) => char.charCodeAt(0))
  } catch {
    throw invalid('Value is not base64.')
  }
}

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
