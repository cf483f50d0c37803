import { decodeReferences, xmlText } from './xml-text.js'

const member = (name: string, value: string) => `[ \\t\\n]+${name}[ \\t\\n]*=[ \\t\\n]*(?:"${value}"|'${value}')`
/** Of XML 1.0 in UTF-8; nothing else is read. */
const DECLARATION = new RegExp(
  `^<\\?xml${member('version', '1\\.0')}(?:${member('encoding', '[Uu][Tt][Ff]-?8')})?(?:${member('standalone', '(?:yes|no)')})?[ \\t\\n]*\\?>`,
)

// NameStartChar and NameChar of XML 1.0, fifth edition, but for U+1680 and U+FEFF: the parser takes them for whitespace.
const NAME_START =
  ':A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u167f\\u1681-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufefe\\uff00-\\ufffd\\u{10000}-\\u{effff}'
const NAME = `[${NAME_START}][${NAME_START}\\d.\\xb7\\u0300-\\u036f\\u203f\\u2040-]*`
const ATTRIBUTE = `[ \\t\\n]+(?:${NAME})[ \\t\\n]*=[ \\t\\n]*(?:"[^"<]*"|'[^'<]*')`
const TEXT = /[^<]+/y
const TAG = new RegExp(`<(/?)(${NAME})((?:${ATTRIBUTE})*)[ \\t\\n]*(/?)>`, 'uy')
const COMMENT = /<!--(.*?)-->/sy
const SECTION = /<!\[CDATA\[(.*?)\]\]>/sy
const INSTRUCTION = new RegExp(`<\\?(?![Xx][Mm][Ll][ \\t\\n?])${NAME}(?:[ \\t\\n].*?)?\\?>`, 'suy')
const ATTRIBUTES = new RegExp(`(${NAME})[ \\t\\n]*=[ \\t\\n]*("[^"]*"|'[^']*')`, 'gu')

/** Elements, attributes and what stands aside: ten times what a full answer has. More would only fill the memory. */
const MOST_PIECES = 100_000
/** References and line ends: more than the keys of a full request are long. */
const MOST_REPLACEMENTS = 1_100_000

/**
 * The document as nothing but tags without attributes, and text: comments and instructions left out, sections as ordinary
 * text, every tag and reference verified. Throws where it is something else. The parser behind it reads all of these by
 * looser rules of its own.
 */
export function verifiedMarkup(source: string): string {
  for (const char of '&\r')
    if (count(source, char) > MOST_REPLACEMENTS) refuse('more references or line ends than an answer has')
  const document = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source
  const pieces: string[] = []
  let at = DECLARATION.exec(document)?.[0].length ?? 0
  const takes = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(document)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  let depth = 0
  while (at < document.length) {
    if (pieces.length > MOST_PIECES) refuse('more elements than an answer has')
    const piece = pieceAt(takes, depth > 0) ?? refuse(`something other than a tag or text at ${at}`)
    if (piece.startsWith('</')) depth--
    else if (piece.startsWith('<') && !piece.endsWith('/>')) depth++
    pieces.push(piece)
  }
  return pieces.join('')
}

/** @param isInside Whether it is inside an element; beside the root there is neither text nor a section. */
function pieceAt(takes: (pattern: RegExp) => RegExpExecArray | null, isInside: boolean): string | undefined {
  const text = takes(TEXT)?.[0]
  if (text !== undefined) {
    if (!isInside && /[^ \t\n]/.test(text)) refuse('text beside the root element')
    return verified(text).replaceAll(']]>', ']]&gt;')
  }
  const tag = takes(TAG)
  if (tag) return bareTag(tag)
  const comment = takes(COMMENT)
  if (comment) return /--|-$/.test(comment[1] as string) ? refuse('hyphens in a comment') : ''
  if (takes(INSTRUCTION)) return ''
  const section = isInside ? takes(SECTION) : null
  return section ? xmlText(section[1] as string) : undefined
}

/** A tag without its attributes. */
function bareTag([, close = '', name, attributes = '', empty = '']: readonly string[]): string | undefined {
  if (close && (attributes || empty)) return undefined
  const seen = new Set<string>()
  for (const [, attribute = '', value = ''] of attributes.matchAll(ATTRIBUTES)) {
    if (seen.has(attribute)) refuse('two attributes of one name')
    seen.add(attribute)
    verified(value)
    if (seen.size > MOST_PIECES) refuse('more attributes than an answer has')
  }
  return `<${close}${name}${empty}>`
}

const verified = (text: string): string =>
  decodeReferences(text) === undefined ? refuse('a reference to no known character') : text

function count(text: string, char: string): number {
  let found = 0
  for (let at = text.indexOf(char); at !== -1; at = text.indexOf(char, at + 1)) found++
  return found
}

export function refuse(reason: string): never {
  throw new SyntaxError(reason)
}
