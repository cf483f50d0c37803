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
    const value: unknown = JSON.parse(source)
    return isObject(value) ? { kind: 'object', value } : { kind: 'malformed', reason: 'JSON, but not an object' }
  } catch {
    // What the engine says of it would quote the body.
    return { kind: 'malformed', reason: 'not JSON' }
  }
}

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
