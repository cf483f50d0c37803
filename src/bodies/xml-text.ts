// Text of XML as strings; a file of its own, because the XML parser that is loaded later needs it as well.

/** Every character that XML 1.0 can carry (its production `Char`); half a surrogate pair is none. */
const XML_TEXT = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

/** Whether XML has a spelling for the string; a key without one can only go in the URL of a single DELETE. */
export const isXmlText = (value: string): boolean => XML_TEXT.test(value)

const SPECIAL = /[&<>\t\n\r\x85\u2028]/
const ALL_SPECIAL = new RegExp(SPECIAL, 'g')
const NAMED = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/**
 * The string as element text. Line ends must be references: a parser reads a raw CR as LF, and another key would be
 * deleted; U+0085 and U+2028 are line ends to XML 1.1.
 */
export const xmlText = (value: string): string =>
  SPECIAL.test(value) ? value.replace(ALL_SPECIAL, (char) => NAMED.get(char) ?? reference(char)) : value

const reference = (char: string): string => `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`

/** Text with its references replaced, once; undefined where one is neither predefined nor a Unicode character. */
export function decodeReferences(text: string): string | undefined {
  let decoded = ''
  let from = 0
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', from)) {
    const end = text.indexOf(';', at)
    const char = end === -1 ? undefined : referenced(text.slice(at + 1, end))
    if (char === undefined) return undefined
    decoded += text.slice(from, at) + char
    from = end + 1
  }
  return decoded + text.slice(from)
}

const PREDEFINED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
const NUMBER = /^#(?:\d+|x[\dA-Fa-f]+)$/

const referenced = (name: string): string | undefined => PREDEFINED.get(name) ?? character(name)

/** Control characters pass, although XML has none: stores write them so, and a whole answer is worth more. */
function character(name: string): string | undefined {
  if (!NUMBER.test(name)) return undefined
  const point = Number(`0${name.slice(1)}`)
  return point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? undefined : String.fromCodePoint(point)
}
