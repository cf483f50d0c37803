import { readXml, type XmlElement } from '../bodies/xml-document.js'

const decoder = new TextDecoder('utf-8', { fatal: true })

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 does not have
const NO_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/** The text of a body; throws where it is none, or has what XML 1.0 does not. */
export function sourceOf(body: Uint8Array): string {
  const source = decoder.decode(body)
  if (NO_XML.test(source)) refuse('a character that XML does not have')
  return source
}

/** Comments and sections. One that does not end takes all that follows, or looking for each end would take forever. */
const ASIDE = /<!--.*?(?:-->|$)|<!\[CDATA\[.*?(?:\]\]>|$)/gs

/** Refuses what the parser lets pass. Where a prefix is declared is not looked at, only that it is. */
function checkMarkup(source: string): void {
  if (source.includes(']]>')) refuse('the end of a section without its start')
  const declared = new Set(['xml'])
  for (const [, prefix = ''] of source.matchAll(/[ \t\r\n]xmlns:([^\s=]+)\s*=/g)) declared.add(prefix)
  for (const [, prefix = ''] of source.matchAll(/<([^\s<>/:!?]+):/g))
    if (!declared.has(prefix)) refuse('a prefix that is not declared')
}

/** The root of a document, which has to have that name. */
export function readRoot(source: string, name: string): XmlElement {
  checkMarkup(source.replace(ASIDE, ''))
  const root = readXml(source)
  if (root.name !== name) refuse('another root')
  return root
}

/** The same of a body. */
export const readDocument = (body: Uint8Array, name: string): XmlElement => readRoot(sourceOf(body), name)

/** The elements of an element that has nothing but elements. */
export function childrenOf({ text, children }: XmlElement): readonly XmlElement[] {
  if (/[^ \t\n]/.test(text)) refuse('text between elements')
  return children
}

/** The text of an element that has nothing but text. References can name characters that XML does not have. */
export function textOf({ text, children }: XmlElement): string {
  if (children.length > 0 || NO_XML.test(text)) refuse('no plain text')
  return text
}

export function refuse(reason: string): never {
  throw new SyntaxError(reason)
}
