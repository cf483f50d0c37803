import { isSame } from '#runtime'
import { encoder, strictText, text, WIDEST } from '../bytes.js'
import type { Bytes } from '../http.js'
import {
  DELETED_FIELDS,
  type DeletedEntry,
  type DeleteResult,
  deletedEntry,
  ERROR_FIELDS,
  type ErrorEntry,
  errorEntry,
  type Texts,
} from './delete-answer.js'
import { keysOf, type PlainObject, type Version, versionTexts } from './delete-xml.js'
import { unescapeInto } from './xml-references.js'
import { decodeReferences } from './xml-text.js'

// Each pattern continues where the last one ended, and none can match a piece of text in two ways: the time is linear.
// A sticky pattern costs less than half of `startsWith`, and steps over whitespace on its way.
const head = (root: string) =>
  new RegExp(
    `(?:<\\?xml version="1\\.0"(?: encoding="(?:utf|UTF)-8")?\\?>)?[ \\t\\n]*<${root}(?: xmlns="[^"<&]*")?>`,
    'y',
  )
const HEAD = head('DeleteResult')
const ERROR_HEAD = head('Error')
const KEY_ALONE = /[ \t\n]*<Deleted>[ \t\n]*<Key>([^<&]*)<\/Key>[ \t\n]*<\/Deleted>/y
const DELETED = /[ \t\n]*<Deleted>/y
const DELETED_END = /[ \t\n]*<\/Deleted>/y
const ERROR = /[ \t\n]*<Error>/y
const ERROR_END = /[ \t\n]*<\/Error>/y
const END = /[ \t\n]*<\/DeleteResult>[ \t\n]*$/y
const ERROR_DOCUMENT_END = /[ \t\n]*<\/Error>[ \t\n]*$/y
const field = (names: readonly string[]) => new RegExp(`[ \\t\\n]*<(${names.join('|')})>([^<]*)</\\1>`, 'y')
const DELETED_FIELD = field(DELETED_FIELDS)
const ERROR_FIELD = field(ERROR_FIELDS)
const ANY_FIELD = field(['[A-Za-z]+'])

/**
 * Reads the answer that every S3 store normally gives, in one pass. At the first thing that is not part of it, whatever
 * it is, the result is undefined: the XML parser decides then.
 */
export function readPlainResult(source: string): DeleteResult | undefined {
  // A raw CR means LF, and whether a LF follows matters: not for here.
  if (source.includes('\r')) return undefined
  const scanner = new Scanner(source)
  if (!scanner.skips(HEAD)) return undefined
  const deleted: DeletedEntry[] = []
  const errors: ErrorEntry[] = []
  for (;;) {
    const keyAlone = scanner.takes(KEY_ALONE)
    if (keyAlone !== null) {
      deleted.push({ key: keyAlone[1] })
    } else if (scanner.skips(DELETED)) {
      const texts = scanner.texts(DELETED_FIELD, DELETED_FIELDS, DELETED_END)
      if (texts === undefined) return undefined
      deleted.push(deletedEntry(texts))
    } else if (scanner.skips(ERROR)) {
      const texts = scanner.texts(ERROR_FIELD, ERROR_FIELDS, ERROR_END)
      if (texts === undefined) return undefined
      errors.push(errorEntry(texts))
    } else {
      return scanner.skips(END) ? { kind: 'result', deleted, errors } : undefined
    }
  }
}

/** The same for the error document of a whole request: its elements by name. */
export function readPlainError(source: string): ReadonlyMap<string, string> | undefined {
  const scanner = new Scanner(source)
  if (!scanner.skips(ERROR_HEAD) || source.includes('\r')) return undefined
  const texts = new Map<string, string>()
  for (let match = scanner.takes(ANY_FIELD); match !== null; match = scanner.takes(ANY_FIELD)) {
    const [, name = '', raw = ''] = match
    const text = decodeReferences(raw)
    if (text === undefined || texts.has(name)) return undefined
    texts.set(name, text)
  }
  return scanner.skips(ERROR_DOCUMENT_END) ? texts : undefined
}

const FIRST = '<Deleted><Key>'
const KEY_END = '</Key></Deleted>'
const VERSION_END = '</VersionId></Deleted>'
const WHOLE_HEAD = new RegExp(`^${HEAD.source}${FIRST}$`)
const WHOLE_TAIL = new RegExp(`^(?:${KEY_END}|${VERSION_END})${END.source}`)
/** Bytes among which the first key begins. */
const FAR = 1_000

/**
 * Whether an answer lists just these items, in this order, and says nothing more. All of them have versions, or none; no
 * text may hold a `<`.
 */
export function isPlainEcho(body: Bytes, items: readonly PlainObject[]): boolean {
  const from = text(body.subarray(0, FAR)).indexOf(FIRST) + FIRST.length
  // Where the head holds more than ASCII, that is not the place, and the head is cut short.
  if (!WHOLE_HEAD.test(strictText(body.subarray(0, from)) ?? '')) return false
  const keys = keysOf(items)
  const last = keys ? KEY_END : VERSION_END
  const list = (keys ?? versionTexts(items as readonly Version[])).join(last + FIRST)
  expected = atLeast(WIDEST * list.length, expected)
  const { written } = encoder.encodeInto(list, expected)
  const [expectedList, rest] = [expected.subarray(0, written), body.subarray(from)]
  // With one of these, a key could stand there as it is, and mean another.
  const isAsItIs = !list.includes('&') && !list.includes('\r')
  if (isAsItIs && listsJust(expectedList, last, rest)) return true
  if (rest.length > WIDEST_REFERENCE * written + FAR || !rest.includes(AMPERSAND)) return false
  unescaped = atLeast(rest.length, unescaped)
  const read = unescaped.subarray(0, unescapeInto(rest, unescaped) ?? 0)
  const tail = read.subarray(written)
  // No references there.
  return isSame(tail, rest.subarray(rest.length - tail.length)) && listsJust(expectedList, last, read)
}

/** Whether the rest of an answer begins with just this list, and ends after it. */
function listsJust(list: Bytes, last: string, rest: Bytes): boolean {
  if (!isSame(rest.subarray(0, list.length), list)) return false
  const tail = text(rest.subarray(list.length))
  return tail.startsWith(last) && WHOLE_TAIL.test(tail)
}

const AMPERSAND = 0x26
/** Bytes of a reference, for each byte of the character, but where it begins with zeros. */
const WIDEST_REFERENCE = 6

// Used within one call each, and again by the next: to get memory costs more than to compare it.
let expected: Bytes = new Uint8Array(0)
let unescaped: Bytes = new Uint8Array(0)
const atLeast = (bytes: number, memory: Bytes): Bytes => (memory.length < bytes ? new Uint8Array(bytes) : memory)

class Scanner {
  private at = 0
  private readonly hasReferences: boolean

  constructor(private readonly source: string) {
    this.hasReferences = source.includes('&')
  }

  skips(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.source)) return false
    this.at = pattern.lastIndex
    return true
  }

  takes(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.source)
    if (match !== null) this.at = pattern.lastIndex
    return match
  }

  /** The texts of an entry's fields up to its end, each at most once. */
  texts(pattern: RegExp, names: readonly string[], end: RegExp): Texts | undefined {
    const texts: (string | undefined)[] = [undefined, undefined, undefined, undefined]
    for (let match = this.takes(pattern); match !== null; match = this.takes(pattern)) {
      const index = names.indexOf(match[1] as string)
      const raw = match[2] as string
      const text = this.hasReferences ? decodeReferences(raw) : raw
      if (text === undefined || texts[index] !== undefined) return undefined
      texts[index] = text
    }
    return this.skips(end) ? texts : undefined
  }
}
