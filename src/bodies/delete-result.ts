import { strictText } from '../bytes.js'
import type { Bytes } from '../http.js'
import {
  DELETED_FIELDS,
  type DeleteAnswer,
  type DeletedEntry,
  deletedEntry,
  ERROR_FIELDS,
  type ErrorEntry,
  errorEntry,
  type Texts,
} from './delete-answer.js'
import { readPlainError, readPlainResult } from './plain-result.js'
import type { XmlElement } from './xml-document.js'

export type { DeleteAnswer } from './delete-answer.js'

/**
 * What the body of an answer to DeleteObjects says, whatever its status; it never throws. Bytes that are not UTF-8 make it
 * malformed as a whole, for a key among them could only be guessed.
 */
export function readDeleteResult(body: Bytes): DeleteAnswer | Promise<DeleteAnswer> {
  const source = strictText(body)
  if (source === undefined) return malformed('not UTF-8')
  if (!isText(source)) return { kind: 'empty' }
  const error = readPlainError(source)
  return error ? serviceError((name) => error.get(name)) : (readPlainResult(source) ?? readAnyResult(source))
}

const isText = (source: string): boolean => /[^ \t\r\n]/.test(source)

/** The same by a whole XML parser, loaded only now: a normal run never needs it. */
export async function readAnyResult(source: string): Promise<DeleteAnswer> {
  try {
    const { readXml } = await import('./xml-document.js')
    return answerOf(readXml(source))
  } catch (error) {
    return malformed(error instanceof SyntaxError ? error.message : 'unreadable')
  }
}

/** What says something of keys that are not listed, or of those that are. */
const WEIGHTY = new Set(['Code', 'EncodingType'])

function answerOf(root: XmlElement): DeleteAnswer {
  if (root.name === 'Error') return serviceError((name) => root.children.find((child) => child.name === name)?.text)
  if (root.name !== 'DeleteResult') return malformed('it has another root element')
  const deleted: DeletedEntry[] = []
  const errors: ErrorEntry[] = []
  let holdsMore = isText(root.text)
  for (const entry of root.children) {
    if (entry.name === 'Error') errors.push(errorEntry(textsOf(entry, ERROR_FIELDS)))
    else if (entry.name !== 'Deleted') holdsMore ||= entry.children.length > 0 || WEIGHTY.has(entry.name)
    else if (entry.children.some(({ name }) => name === 'Code' || name === 'Error')) refuse('a deletion with an error')
    else deleted.push(deletedEntry(textsOf(entry, DELETED_FIELDS)))
  }
  return { kind: 'result', deleted, errors, ...(holdsMore && { holdsMore }) }
}

/** The fields of an entry: only its direct children. What is ambiguous could name the wrong key. */
const textsOf = (entry: XmlElement, names: readonly string[]): Texts =>
  names.map((name) => {
    const [field, ...others] = entry.children.filter((child) => child.name === name)
    if (others.length > 0) refuse(`more than one ${name} in one entry`)
    if (field && field.children.length > 0) refuse(`elements inside a ${name}`)
    return field?.text
  })

function refuse(reason: string): never {
  throw new SyntaxError(reason)
}

function serviceError(textOf: (name: string) => string | undefined): DeleteAnswer {
  const names = ['Code', 'Message', 'RequestId', 'Region', 'ServerTime']
  const texts = names.map((name) => textOf(name)?.trim() || undefined)
  const [code, message, requestId, region, serverTime] = texts
  return { kind: 'error', code, message, requestId, region, serverTime }
}

/** The reason must quote nothing: a secret could stand there, in a form that nobody knows. */
const malformed = (reason: string): DeleteAnswer => ({ kind: 'malformed', reason })
