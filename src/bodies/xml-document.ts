import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { refuse, verifiedMarkup } from './xml-markup.js'
import { decodeReferences } from './xml-text.js'

/** An element with its text and its elements; attributes, comments and namespaces are dropped. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  /** The text directly inside, decoded, never trimmed. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Reads a whole document and gives its root; throws where it is not well-formed or declares a document type. */
export function readXml(source: string): XmlElement {
  // Inside an element of our own, another one beside the root can be seen.
  const document = `<document>${verifiedMarkup(source)}</document>`
  const verdict = XMLValidator.validate(document)
  if (verdict !== true) refuse(`${verdict.err.code} in line ${verdict.err.line}`)
  const nodes: readonly OrderedNode[] = new XMLParser(SETTINGS).parse(document)
  const [outer] = toElement('', nodes).children
  const [root, ...others] = outer?.children ?? []
  if (root === undefined || others.length > 0) refuse('something other than one root element')
  return root
}

/** The parser throws on elements of these names. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/** No value is guessed at, trimmed or decoded by the parser: a key must stay what it is. */
const SETTINGS = {
  preserveOrder: true,
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  transformTagName: (name: string) => (RESERVED.has(name) ? `-${name}` : name),
}

/** How the parser gives a node in order: a single member, named `#text` or as the element. */
type OrderedNode = Readonly<Record<string, string | readonly OrderedNode[]>>

/** Recursion ends, for the parser refuses a document nested deeper than 100 elements. */
function toElement(name: string, nodes: readonly OrderedNode[]): XmlElement {
  let text = ''
  const children: XmlElement[] = []
  for (const node of nodes) {
    for (const [member, content] of Object.entries(node)) {
      if (typeof content === 'string') text += content
      else children.push(toElement(member, content))
    }
  }
  return { name: name.slice(name.indexOf(':') + 1), text: decodeReferences(text) ?? '', children }
}
