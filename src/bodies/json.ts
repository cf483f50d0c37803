import { strictText } from '../bytes.js'
import type { Bytes } from '../http.js'

/** A JSON object whose members are yet to be looked at. */
export interface JsonObject {
  readonly [name: string]: unknown
}

export type JsonBody =
  | { readonly kind: 'object'; readonly value: JsonObject }
  | { readonly kind: 'empty' }
  | { readonly kind: 'malformed'; readonly reason: string }

/** Reads a body that should be one JSON object; never throws. A byte-order mark is skipped. */
export function readJson(body: Bytes): JsonBody {
  const source = strictText(body)
  return source === undefined ? { kind: 'malformed', reason: 'not UTF-8' } : parseJson(source)
}

/** The same for a body that is decoded already. */
export function parseJson(source: string): JsonBody {
  if (/^[ \t\r\n]*$/.test(source)) return { kind: 'empty' }
  try {
    if (source.length > LONG && openings(source) > MOST_OPENINGS)
      return { kind: 'malformed', reason: 'too many objects' }
    const value: unknown = JSON.parse(source)
    return isObject(value) ? { kind: 'object', value } : { kind: 'malformed', reason: 'JSON, but not an object' }
  } catch {
    // What the engine says of it would quote the body.
    return { kind: 'malformed', reason: 'not JSON' }
  }
}

/** From here on it could matter that an empty list takes many times its two bytes once it is parsed. */
const LONG = 1 << 20
/** Ten times what a full answer has. */
const MOST_OPENINGS = 100_000

/** How many objects and lists begin in a document. */
function openings(source: string): number {
  let count = 0
  let isInString = false
  for (let at = 0; at < source.length; at++) {
    const unit = source.charCodeAt(at)
    if (unit === QUOTE) isInString = !isInString
    else if (isInString) at += unit === BACKSLASH ? 1 : 0
    else if (unit === BRACKET || unit === BRACE) count++
  }
  return count
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACKET = 0x5b
const BRACE = 0x7b

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isString = (value: unknown): value is string => typeof value === 'string'

export const stringOf = (value: unknown): string | undefined => (isString(value) ? value : undefined)

/** A list of strings; null and nothing are an empty one, as the providers' own clients have it. */
export const stringsOf = (value: unknown): readonly string[] | undefined => listOf(value, isString)

/** A list of objects; null and nothing are an empty one. */
export const objectsOf = (value: unknown): readonly JsonObject[] | undefined => listOf(value, isObject)

function listOf<Member>(value: unknown, isMember: (member: unknown) => member is Member) {
  const list: unknown = value ?? []
  return Array.isArray(list) && list.every(isMember) ? list : undefined
}
