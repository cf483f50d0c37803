import { percentEncode, utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Whole } from '../operation.js'
import { wholeJson } from './whole-json.js'

// Form bodies of one field, percent-encoded as RFC 3986 has it (a space is `%20`), which is how Alibaba signs them.

export const formField = (name: string, value: string): Bytes => utf8(`${name}=${percentEncode(value)}`)

const LIST = '%5B'
const LIST_END = '%5D'
const BETWEEN = '%2C'

/** Bytes of a list's field around its members, beside the field's name. */
export const LIST_BYTES: number = `=${LIST}${LIST_END}`.length
/** Bytes between two members of a list. */
export const BETWEEN_BYTES: number = BETWEEN.length

/** A value as a member of a list. */
export const listMember = (value: unknown): string => percentEncode(JSON.stringify(value))

/** A JSON array of such members, as Alibaba's batch calls want it. */
export const formList = (name: string, members: readonly string[]): Bytes =>
  utf8(`${name}=${LIST}${members.join(BETWEEN)}${LIST_END}`)

/** The same for whole lists. */
export const wholeFormList = (
  name: string,
  keys: readonly string[],
  limits: { readonly mostBytes: number; readonly longestKey: number },
  lend: Lend,
): Whole | undefined =>
  wholeJson(keys, limits, { list: JSON.stringify, body: (list) => [`${name}=`, percentEncode(list), ''] }, lend)
