import { encoder, isWellFormed, percentEncode, utf8, viewOf, WIDEST } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Lend, Room, Whole } from '../operation.js'
import { asManyAsFit, fits } from './fitting.js'
import { OVERHANG, percentEncodeInto, percentLength } from './percent.js'

// Form bodies of one field, percent-encoded as RFC 3986 has it (a space is `%20`), which is how Alibaba signs them.

export const formField = (name: string, value: string): Bytes => utf8(`${name}=${percentEncode(value)}`)

const COMMA = ','
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

/** Characters of JSON. Longer ones are left to be written one by one: a body holds few of them anyway. */
const LONGEST_MEMBER = 65_536
/** A byte takes at most so many, once it is encoded. */
const WIDEST_BYTE = 3

const JSON_LIST = '["'
const JSON_LIST_END = '"]'
const JSON_BETWEEN = '","'

/**
 * The same for as many keys as fit; the answer should list them just so. Undefined where one of them is empty, longer than
 * `longestKey` bytes of UTF-8, or holds half a surrogate pair, or where not even one fits.
 */
export function wholeFormKeys(
  name: string,
  keys: readonly string[],
  longestKey: number,
  { mostBytes, lend }: Room,
): Whole | undefined {
  return asManyAsFit(keys, 0, JSON_BETWEEN.length, mostBytes, (some) => {
    let haveQuotes = false
    for (const key of some) {
      if (!fits(key, longestKey)) return undefined
      haveQuotes ||= key.includes('"')
    }
    return (haveQuotes ? undefined : plainForm(name, some, lend)) ?? escapedForm(name, some, lend)
  })
}

type Form = Required<Pick<Whole, 'body' | 'list'>>

/** Keys that JSON spells as they are need only be joined, in half of the time; undefined where some are not such. */
function plainForm(name: string, keys: readonly string[], lend: Lend): Form | undefined {
  const text = keys.join(JSON_BETWEEN)
  if (text.includes('\\') || !isWellFormed(text)) return undefined
  return formText(name, text, lend)
}

function escapedForm(name: string, keys: readonly string[], lend: Lend): Form | undefined {
  const list = JSON.stringify(keys)
  // How JSON spells half a pair.
  return list.includes('\\ud') ? undefined : formText(name, list.slice(JSON_LIST.length, -JSON_LIST_END.length), lend)
}

/** The list is written to the end of the memory before it is encoded, and stays there. Undefined where it is no JSON. */
function formText(name: string, text: string, lend: Lend): Form | undefined {
  const head = `${name}=`
  // Most texts are of ASCII: a byte for each character.
  for (let bytes = text.length; ; bytes *= WIDEST) {
    const space = JSON_LIST.length + bytes + JSON_LIST_END.length
    const memory = lend(head.length + WIDEST_BYTE * space + OVERHANG + space)
    const source = memory.subarray(memory.length - space)
    const start = encoder.encodeInto(JSON_LIST, source).written
    const { read, written } = encoder.encodeInto(text, source.subarray(start, start + bytes))
    if (read < text.length) continue
    const length = start + written + encoder.encodeInto(JSON_LIST_END, source.subarray(start + written)).written
    const end = percentEncodeInto(viewOf(source), length, viewOf(memory), encoder.encodeInto(head, memory).written)
    return end === undefined ? undefined : { body: memory.subarray(0, end), list: source.subarray(0, length) }
  }
}

/**
 * The same for as many members as fit, each given as JSON and written where it belongs; undefined where there is none of
 * one, where one is very long, or where not even one fits.
 */
export function wholeFormList<Item>(
  name: string,
  items: readonly Item[],
  jsonOf: (item: Item) => string | undefined,
  { mostBytes, lend }: Room,
): Whole | undefined {
  const memory = lend(mostBytes + OVERHANG + COMMA.length + WIDEST * LONGEST_MEMBER)
  const next = memory.subarray(memory.length - COMMA.length - WIDEST * LONGEST_MEMBER)
  const first = next.subarray(encoder.encodeInto(COMMA, next).written)
  const [target, nextView, firstView] = [viewOf(memory), viewOf(next), viewOf(first)]
  let end = encoder.encodeInto(`${name}=${LIST}`, memory).written
  let count = 0
  for (const item of items) {
    const json = jsonOf(item)
    if (json === undefined || json.length > LONGEST_MEMBER) return undefined
    const { written } = encoder.encodeInto(json, first)
    // All but the first come with the comma before them.
    const source = count > 0 ? nextView : firstView
    const length = count > 0 ? COMMA.length + written : written
    const left = mostBytes - LIST_END.length - end
    if (WIDEST_BYTE * length > left && percentLength(source, length) > left) break
    // JSON has no control characters.
    end = percentEncodeInto(source, length, target, end) as number
    count++
  }
  if (count === 0) return undefined
  end += encoder.encodeInto(LIST_END, memory.subarray(end)).written
  return { body: memory.subarray(0, end), count }
}
