import { ParseOption, XmlCData, XmlDocument, XmlElement, type XmlNode, XmlText } from 'libxml2-wasm'
import type { HttpAnswer } from '../../src/http.js'

/** What an answer says beyond doubt, by a reading that shares nothing with the decoders. */
export interface Reading {
  readonly deleted: readonly Entry[] | 'all'
  /** An entry without a key is one that cannot be put to any. */
  readonly failed: readonly Partial<Entry>[]
  /** Whether a quiet request may take silence for success. */
  readonly isSilenceConsent: boolean
}

export interface Entry {
  readonly key: string
  readonly version: string | undefined
}

/** Undefined where the answer says nothing that could be relied on. */
export type Read = (answer: HttpAnswer) => Reading | undefined

const isSuccess = ({ status }: HttpAnswer) => status >= 200 && status < 300

const EVERYTHING: Reading = { deleted: 'all', failed: [], isSilenceConsent: true }
const CONSENT: Reading = { deleted: [], failed: [], isSilenceConsent: true }

/** DeleteObjects, by libxml2. */
export const readMultipleDeletion =
  (isEmptySuccess: boolean): Read =>
  (answer) => {
    if (answer.status !== 200) return undefined
    const source = utf8Of(answer.body)
    if (source === undefined) return undefined
    if (/^[ \t\r\n]*$/.test(source)) return isEmptySuccess ? CONSENT : undefined
    const document = wellFormed(source)
    if (document === undefined) return undefined
    try {
      if (document.dtd) return undefined
      return localName(document.root) === 'DeleteResult' ? readResult(document.root) : undefined
    } finally {
      document.dispose()
    }
  }

/** DeleteObject: its success is a 204, which has no body. */
export const readDeletion: Read = ({ status }) => (status === 204 ? EVERYTHING : undefined)

function readResult(root: XmlElement): Reading {
  const deleted: Entry[] = []
  const failed: Partial<Entry>[] = []
  let isPlain = textOf(root).trim() === ''
  for (const child of elementsOf(root)) {
    const entry = entryOf(child)
    const name = localName(child)
    const names = elementsOf(child).map(localName)
    if (name === 'Error') failed.push(entry ?? {})
    else if (name !== 'Deleted') isPlain &&= names.length === 0
    else if (names.includes('Code') || names.includes('Error')) failed.push({})
    else if (entry) deleted.push(entry)
  }
  return { deleted, failed, isSilenceConsent: isPlain }
}

/** What an element is about; undefined where that is missing or ambiguous. */
function entryOf(element: XmlElement): Entry | undefined {
  const [key, ...otherKeys] = fieldsOf(element, 'Key')
  const [version, ...otherVersions] = fieldsOf(element, 'VersionId')
  if (key === undefined || otherKeys.length > 0 || otherVersions.length > 0) return undefined
  return { key, version: version?.trim() || undefined }
}

const fieldsOf = (element: XmlElement, name: string): (string | undefined)[] =>
  elementsOf(element)
    .filter((child) => localName(child) === name)
    .map((child) => (elementsOf(child).length === 0 ? textOf(child) : undefined))

const localName = ({ name }: XmlElement): string => name.slice(name.indexOf(':') + 1)

/** The library has no node for a processing instruction, and stumbles over it when it goes from one node to the next. */
function nodesOf(element: XmlElement): XmlNode[] {
  const nodes: XmlNode[] = []
  try {
    for (let node = element.firstChild; node !== null; node = node.next) nodes.push(node)
    return nodes
  } catch {
    return element.find('*|text()')
  }
}

const elementsOf = (element: XmlElement): XmlElement[] =>
  nodesOf(element).filter((node): node is XmlElement => node instanceof XmlElement)

/** The text directly inside. */
const textOf = (element: XmlElement): string =>
  nodesOf(element)
    .map((node) => (node instanceof XmlText || node instanceof XmlCData ? restored(node.content) : ''))
    .join('')

/**
 * The document, unless it is malformed. libxml2 is stricter than the decoder means to be in two things:
 * characters that XML does not have but stores write, and `]]>` in a text.
 */
function wellFormed(source: string): XmlDocument | undefined {
  const relaxed = source.replace(
    /<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|\]\]>|&#(?:x0*([\da-f]{1,4})|0*(\d{1,5}));/gis,
    (whole, hex?: string, decimal?: string) => {
      if (whole === ']]>') return ']]&gt;'
      const char = String.fromCharCode(hex ? Number.parseInt(hex, 16) : Number(decimal ?? 0x20))
      return ODD.includes(char) ? char : whole
    },
  )
  const hidden = withCharacters(relaxed, ODD, STAND_INS)
  try {
    // Without its errors, which are those of namespaces; a malformed document is none all the same.
    return XmlDocument.fromBuffer(new TextEncoder().encode(hidden), { option: ParseOption.XML_PARSE_NOERROR })
  } catch {
    return undefined
  }
}

const isControl = (code: number) => code < 0x20 && code !== 9 && code !== 10 && code !== 13

/** Characters that libxml2 would refuse go through it as others that nobody uses. */
const ODD = [
  ...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).filter((char) =>
    isControl(char.charCodeAt(0)),
  ),
  '\ufffe',
  '\uffff',
]
const STAND_INS = ODD.map((_, index) => String.fromCharCode(0xf0a7 + index))

const withCharacters = (text: string, from: readonly string[], to: readonly string[]): string => {
  let changed = text
  for (const [index, char] of from.entries()) changed = changed.replaceAll(char, to[index] as string)
  return changed
}

const restored = (text: string): string => withCharacters(text, STAND_INS, ODD)

/** A batch of a key-value store. */
export const readKeyValueBatch: Read = (answer) => {
  const document = isSuccess(answer) ? jsonObjectOf(answer.body) : undefined
  const [succeeded, failed] = [document?.SuccessKeys ?? [], document?.FailKeys ?? []]
  if (document === undefined || !isListOf(isString, succeeded) || !isListOf(isString, failed)) return undefined
  const entry = (key: string): Entry => ({ key, version: undefined })
  return { deleted: succeeded.map(entry), failed: failed.map(entry), isSilenceConsent: false }
}

/** The put of one entry: an object that tells of the put, and of no error. */
export const readKeyValuePut: Read = (answer) => {
  const document = isSuccess(answer) ? jsonObjectOf(answer.body) : undefined
  if (document === undefined) return undefined
  const codes = [document.Code, document.code].filter((code) => code !== undefined && code !== null)
  const tells = ['Length', 'Value', 'RequestId'].some((name) => (document[name] ?? null) !== null)
  return codes.length === 0 && tells ? EVERYTHING : undefined
}

/** `delete-objects` of CTyun. A failed envelope may list something all the same. */
export const readEnvelope: Read = (answer) => {
  const document = isSuccess(answer) ? jsonObjectOf(answer.body) : undefined
  const code = document?.statusCode
  if (document === undefined || !(isString(code) || typeof code === 'number')) return undefined
  const isDone = code === 800 || code === '800'
  if (!isDone && (String(code).startsWith('CTAPI_') || (document.eopErrCode ?? null) !== null)) return undefined
  const lists = document.returnObj ?? {}
  if (!isObject(lists)) return undefined
  const [deleted, errors] = [lists.deleted ?? [], lists.errors ?? []]
  if (!isListOf(isObject, deleted) || !isListOf(isObject, errors)) return undefined
  const failed = errors.map((object) => envelopeEntry(object) ?? {})
  return { deleted: deleted.flatMap((object) => envelopeEntry(object) ?? []), failed, isSilenceConsent: isDone }
}

function envelopeEntry({ key, versionID }: Record<string, unknown>): Entry | undefined {
  return isString(key) ? { key, version: isString(versionID) && versionID !== '' ? versionID : undefined } : undefined
}

function jsonObjectOf(body: Uint8Array): Record<string, unknown> | undefined {
  const source = utf8Of(body)
  if (source === undefined) return undefined
  try {
    const value: unknown = JSON.parse(source)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The text of a body, without a byte-order mark. */
export function utf8Of(body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString('utf8')
  return Buffer.compare(Buffer.from(text, 'utf8'), body) === 0 ? text.replace(/^\ufeff/, '') : undefined
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isListOf = <Member>(isMember: (value: unknown) => value is Member, value: unknown): value is Member[] =>
  Array.isArray(value) && value.every(isMember)
