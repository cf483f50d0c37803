import fc from 'fast-check'
import { expect, it } from 'vitest'
import { escapeInto, LONGEST_REFERENCE, OVERHANG, unescapeInto } from '../../src/bodies/xml-references.js'
import { decodeReferences } from '../../src/bodies/xml-text.js'
import { text, utf8, viewOf } from '../../src/bytes.js'

const MARKS = [utf8('<first mark>'), utf8('<2>')]

function escaped(source: string): string {
  const bytes = utf8(source)
  const target = new Uint8Array(3 + LONGEST_REFERENCE * bytes.length + 12 * bytes.length + OVERHANG).fill(0x2a)
  const end = escapeInto(viewOf(bytes), bytes.length, target, 3, MARKS)
  if (end === undefined) return 'none'
  expect(text(target.subarray(0, 3))).toBe('***')
  return text(target.subarray(3, end))
}

function unescaped(source: string): string | undefined {
  const bytes = utf8(source)
  const target = new Uint8Array(bytes.length + OVERHANG)
  const length = unescapeInto(bytes, target)
  return length === undefined ? undefined : text(target.subarray(0, length))
}

it('what XML cannot hold is written as a reference, and marks in their places', () => {
  expect(escaped('a&b>\t\n\r<é😀\0b\x01"')).toBe('a&amp;b&gt;&#x9;&#xA;&#xD;<é😀<first mark>b<2>"')
})

it('other control characters are not written', () => {
  for (let code = 2; code < 0x20; code++) {
    const char = String.fromCharCode(code)
    expect(escaped(`a${char}`) === 'none', `U+${code}`).toBe(!'\t\n\r'.includes(char))
  }
})

it('what is written is read', () => {
  const source = fc.string({ unit: fc.constantFrom(...'&>\t\n;#x1ampé語😀') })
  fc.assert(
    fc.property(source, (each) => {
      // What ends an answer stands behind.
      expect(unescaped(`${escaped(each)}</Key>`)).toBe(`${each}</Key>`)
    }),
  )
})

it('what is read is what the reader of strings reads, but for what could be a tag or a line end', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...['&', '#', 'x', ';', '&#', '&#x', 'amp;', 'gt;', 'quot;', 'apos;', 'lt;', '3c;', '60;', '<', '\r'],
    ),
    fc.constantFrom(
      ...['&amp;', '&gt;', '&lt;', '&quot;', '&apos;', '&#9;', '&#x1F9F9;', '&#xd7ff;', '&#xdfff;', '&#233;'],
    ),
    fc.constantFrom(
      ...['&#1114111;', '&#1114112;', '&#99999999999999999999;', '&#x3C;', '&#0;', '&#13;', '&amp', '&Amp;'],
    ),
    // Nearly references, and the first and last of their kind.
    fc.constantFrom(
      ...['&quot', '&apos', '&gt', '&#x:;', '&#x@1;', '&#-1;', '&#127;', '&#128;', '&#xd800;', '&#xe000;'],
    ),
    fc.string({ unit: fc.constantFrom(...'09afAFgé😀'), maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const source = `${pieces.join('')}</Key>`
      const isLeft = source.includes('\r') || /&(lt|#0*60|#x0*3[cC]);|<[^>]*&/.test(source)
      expect(unescaped(source), source).toBe(isLeft ? undefined : decodeReferences(source))
    }),
    { numRuns: 2_000 },
  )
})

it.each(['&#x', '&amp', '&', '&#1', '&quot', '&#0000001', '&#x00000000000a'])(
  'half a reference at the end is none: %s',
  (source) => {
    expect(unescaped(source)).toBeUndefined()
    expect(unescaped(`1234${source}`)).toBeUndefined()
  },
)
