import { SaxesParser } from 'saxes'
import { decodeReferences } from './plain-result.js'

/** An element with its text and its elements; attributes, comments and namespaces are dropped. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  /** The text directly inside, decoded, never trimmed. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

interface OpenElement extends XmlElement {
  text: string
  readonly children: OpenElement[]
}

/** Elements and attributes: ten times what a full request or its answer has. More would only fill the memory. */
const MOST_NODES = 100_000
/** References, line ends and what else takes a replacement: more than the keys of a full request are long. */
const MOST_REPLACEMENTS = 1_000_000
const DEEPEST = 100

/** Reads a whole document and gives its root; throws where it is not well-formed or declares a document type. */
export function readXml(source: string): XmlElement {
  const parser = new SaxesParser({ position: false })
  const document: OpenElement = { name: '', text: '', children: [] }
  const open = [document]
  const innermost = () => open[open.length - 1] as OpenElement
  let nodes = 0
  const count = () => {
    if (++nodes > MOST_NODES) refuse('more elements than an answer has')
  }
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') refuse('another version of XML')
    if (!/^utf-?8$/i.test(encoding ?? 'UTF-8')) refuse('an encoding other than UTF-8')
  })
  parser.on('doctype', () => refuse('a document type'))
  parser.on('attribute', count)
  parser.on('opentag', ({ name }) => {
    count()
    if (open.length > DEEPEST) refuse('elements nested too deep')
    const element = { name: name.slice(name.indexOf(':') + 1), text: '', children: [] }
    innermost().children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => open.pop())
  const add = (text: string) => {
    innermost().text += revealed(text)
  }
  parser.on('text', add)
  parser.on('cdata', add)
  // The parser would skip a byte-order mark; the one that may stand there is gone.
  if (source.startsWith('\ufeff')) refuse('a second byte-order mark')
  parser.write(hidden(tolerable(replaced(source, /\r\n?/g, () => '\n')))).close()
  return document.children[0] ?? refuse('no element')
}

function refuse(reason: string): never {
  throw new SyntaxError(reason)
}

/** The text with every match replaced. They are counted first, for to replace them takes memory for all at once. */
function replaced(text: string, pattern: RegExp, replacement: (match: string) => string): string {
  let matches = 0
  pattern.lastIndex = 0
  while (pattern.test(text)) if (++matches > MOST_REPLACEMENTS) refuse('more to replace than an answer has')
  return matches === 0 ? text : text.replace(pattern, replacement)
}

const ASIDE = /<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)|<!\[CDATA\[.*?(?:\]\]>|$)|&#\w+;|\]\]>/gs

/** Without what stores write although XML has none of it: a whole answer is worth more. */
const tolerable = (source: string): string =>
  replaced(source, ASIDE, (aside) => {
    if (aside === ']]>') return ']]&gt;'
    const char = aside.startsWith('&') ? decodeReferences(aside) : undefined
    return char !== undefined && ODD.includes(char) ? char : aside
  })

/** Characters that the parser refuses pass it as two others: a mark, and their place in this list. */
const ODD =
  '\0\x01\x02\x03\x04\x05\x06\x07\b\v\f\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\ufffe\uffff\ue000'
const ANY_ODD = new RegExp(`[${ODD}]`, 'g')
const MARK = '\ue000'
const FIRST_PLACE = 0xe001

const hidden = (source: string): string =>
  replaced(source, ANY_ODD, (char) => MARK + String.fromCharCode(FIRST_PLACE + ODD.indexOf(char)))

const revealed = (text: string): string =>
  text.replace(/\ue000(.)/g, (_, place: string) => ODD.charAt(place.charCodeAt(0) - FIRST_PLACE))
