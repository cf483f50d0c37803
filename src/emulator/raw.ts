import type { Incoming, Refusal } from './exchange.js'

/** Signatures of all the providers hold for so long, either way. */
export const SIGNATURE_LIFE_MS: number = 15 * 60_000

/** The pairs of a raw query, decoded; `+` stands for itself. Throws `URIError` on a stray `%`. */
export function queryPairs(query: string): [name: string, value: string][] {
  if (query === '') return []
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0
      ? [decodeURIComponent(pair), '']
      : [decodeURIComponent(pair.slice(0, equals)), decodeURIComponent(pair.slice(equals + 1))]
  })
}

/** In a form, and in a query at S3, `+` is a blank. */
export const plusAsBlank = (text: string): string => (text.includes('+') ? text.replaceAll('+', ' ') : text)

/** RFC 3986 with upper-case hex: all but letters, digits and `-_.~`. */
export const escaped = (value: string): string =>
  encodeURIComponent(value).replace(/[!*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** The query as all three schemes want it: every name and value escaped, in order. */
export function canonical(query: string): string {
  const pairs = queryPairs(query).map(([name, value]) => `${escaped(name)} ${escaped(value)}`)
  // A blank sorts before everything an escaped name can go on with.
  return pairs
    .sort()
    .map((pair) => pair.replace(' ', '='))
    .join('&')
}

/** The names of the headers that are signed: of headers that were sent, in lower case and in order, each once. */
export function signedNames(list: string, headers: Incoming['headers'], refusal: Refusal): string[] {
  const names = list.split(';')
  const isInOrder = names.every((name, index) => index === 0 || (names[index - 1] as string) < name)
  const areThere = names.every((name) => name === name.toLowerCase() && Object.hasOwn(headers, name))
  if (!isInOrder || !areThere) throw refusal
  return names
}

/** Reads a query or path that may not be well-formed. */
export function orRefuse<Value>(read: () => Value, refusal: Refusal): Value {
  try {
    return read()
  } catch {
    throw refusal
  }
}

/** `20260102T030405Z` as milliseconds since 1970, taken for UTC; NaN for anything else. */
export const basicTime = (text: string): number =>
  BASIC.test(text) ? Date.parse(text.replace(BASIC, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN
const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** Whether a signature's time is too far from the server's; one that is no time at all is. */
export const isStale = (time: number, now: Date): boolean => !(Math.abs(time - now.getTime()) <= SIGNATURE_LIFE_MS)
