import { expect, it } from 'vitest'
import { OVERHANG, percentEncodeInto, percentLength } from '../../src/bodies/percent.js'
import { percentEncode, text, utf8, viewOf } from '../../src/bytes.js'

/** A byte by itself, as the signature's own encoder has it where it is a character. */
const spelt = (byte: number): string =>
  byte < 0x80 ? percentEncode(String.fromCharCode(byte)) : `%${byte.toString(16).toUpperCase()}`

it('every two bytes are written as each by itself', () => {
  const target = new Uint8Array(12 + OVERHANG)
  for (let first = 0; first < 256; first++) {
    const wrong: number[] = []
    for (let second = 0; second < 256; second++) {
      const expected = (spelt(first) + spelt(second)).repeat(2)
      const end = percentEncodeInto(viewOf(Uint8Array.of(first, second, first, second)), 4, viewOf(target), 0)
      const isControl = first < 0x20 || second < 0x20
      if (isControl ? end !== undefined : text(target.subarray(0, end)) !== expected) wrong.push(second)
    }
    expect(wrong, spelt(first)).toEqual([])
  }
})

it.each([0, 1, 2, 3, 4, 5, 6, 7])('%d bytes are written, and no more, wherever they begin', (length) => {
  const source = utf8('a/b~c ä')
  const target = new Uint8Array(30).fill(0x2a)
  const end = percentEncodeInto(viewOf(source), length, viewOf(target), 2) ?? expect.fail('none')
  expect(text(target.subarray(0, end))).toBe(`**${[...source.subarray(0, length)].map(spelt).join('')}`)
  expect(end - 2).toBe(percentLength(viewOf(source), length))
  expect(target.subarray(end + OVERHANG).every((byte) => byte === 0x2a)).toBe(true)
})

it.each(Array.from({ length: 8 }, (_, place) => place))('a control character is noticed at %d', (place) => {
  const source = utf8('abc/é~ä/')
  const target = viewOf(new Uint8Array(30))
  source[place] = 0x1f
  expect(percentEncodeInto(viewOf(source), 8, target, 0)).toBeUndefined()
  expect(percentEncodeInto(viewOf(source), place, target, 0)).toBeDefined()
})
