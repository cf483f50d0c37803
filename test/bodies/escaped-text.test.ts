import { expect, it } from 'vitest'
import { escapedText } from '../../src/bodies/escaped-text.js'
import { text, utf8 } from '../../src/bytes.js'

const [HEAD, BETWEEN, TAIL] = ['<Delete><Object><Key>', '</Key></Object><Object><Key>', '</Key></Object></Delete>']
const FRAME = { head: HEAD, between: BETWEEN, tail: TAIL, special: [] }
const lend = (length: number) => new Uint8Array(length).fill(0x2a)
const now = () => 0

const bodyOf = (keys: readonly string[]) => HEAD + keys.join(BETWEEN).replaceAll('&', '&amp;') + TAIL

it.each([
  ['nothing but references', ['&'.repeat(1000), '&'.repeat(1000), '&']],
  ['many of one reference', Array<string>(1000).fill('&')],
  ['one reference', ['&']],
  ['none', ['a', 'b', 'c']],
])('has room for %s', (_, keys) => {
  const written = escapedText(keys, undefined, FRAME, { mostBytes: 1 << 20, lend, now })
  expect(written?.count).toBe(keys.length)
  expect(text(written?.body ?? utf8(''))).toBe(bodyOf(keys))
})

it.each([
  ['with a reference', ['a&', 'b', 'c']],
  ['without one', ['a', 'b', 'c']],
])('a body may be as long as is allowed, %s', (_, keys) => {
  const mostBytes = bodyOf(keys).length
  expect(escapedText(keys, undefined, FRAME, { mostBytes, lend, now })?.count).toBe(3)
  expect(escapedText(keys, undefined, FRAME, { mostBytes: mostBytes - 1, lend, now })?.count).toBe(2)
  expect(escapedText(keys, undefined, FRAME, { mostBytes: bodyOf(['']).length, lend, now })).toBeUndefined()
})

it('what cannot be written stands in the way of none that do not fit', () => {
  const mostBytes = bodyOf(['a']).length
  expect(escapedText(['a', '<'], undefined, FRAME, { mostBytes, lend, now })?.count).toBe(1)
  expect(escapedText(['<', 'a'], undefined, FRAME, { mostBytes, lend, now })).toBeUndefined()
})
