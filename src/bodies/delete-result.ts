import { strictText } from '../bytes.js'
import type { Bytes } from '../http.js'
import {
  DELETED_FIELDS,
  type DeleteAnswer,
  deletedEntry,
  ERROR_FIELDS,
  errorEntry,
  type Texts,
} from './delete-answer.js'
import { readPlainResult } from './plain-result.js'
import type { XmlElement } from './xml-document.js'

export type { DeleteAnswer } from './delete-answer.js'

/**
 * What the body of an answer to DeleteObjects says, whatever its status; it never throws. Bytes that are not UTF-8 make it
 * malformed as a whole, for a key among them could only be guessed.
 */
export function readDeleteResult(body: Bytes): DeleteAnswer | Promise<DeleteAnswer> {
  const source = strictText(body)
  if (source === undefined) return malformed('not UTF-8')
  if (/^[ \t\r\n]*$/.test(source)) return { kind: 'empty' }
  return readPlainResult(source) ?? readAnyResult(source)
}

/** The same by a whole XML parser, loaded only now: a normal run never needs it. */
export async function readAnyResult(source: string): Promise<DeleteAnswer> {
  try {
    const { readXml } = await import('./xml-document.js')
    return answerOf(readXml(source))
  } catch (error) {
    return malformed(error instanceof Error ? error.message : 'unreadable')
  }
}

function answerOf(root: XmlElement): DeleteAnswer {
  if (root.name === 'Error') return serviceError(root)
  if (root.name !== 'DeleteResult') return malformed(`the root element is ${root.name}`)
  const named = (name: string) => root.children.filter((child) => child.name === name)
  return {
    kind: 'result',
    deleted: named('Deleted').map((entry) => deletedEntry(textsOf(entry, DELETED_FIELDS))),
    errors: named('Error').map((entry) => errorEntry(textsOf(entry, ERROR_FIELDS))),
  }
}

/** The fields of an element: only its direct children, the first of each name. */
const textsOf = (element: XmlElement, names: readonly string[]): Texts =>
  names.map((name) => element.children.find((child) => child.name === name)?.text)

function serviceError(root: XmlElement): DeleteAnswer {
  const names = ['Code', 'Message', 'RequestId', 'Region', 'Endpoint', 'ServerTime']
  const texts = textsOf(root, names).map((text) => text?.trim() || undefined)
  const [code, message, requestId, region, endpoint, serverTime] = texts
  return { kind: 'error', code, message, requestId, region, endpoint, serverTime }
}

/** What a parser complains of may quote the body; a glimpse of it will do. */
const malformed = (reason: string): DeleteAnswer => ({ kind: 'malformed', reason: reason.slice(0, 200) })
