import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isSame } from '#runtime'
import { utf8, utf8Length } from '../src/bytes.js'

it('two pieces are the same where each byte is', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(bytes, bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (before, piece, place, change) => {
      // Each at a place of its own in its memory.
      const one = Uint8Array.from([...before, ...piece]).subarray(before.length)
      const other = Uint8Array.from([1, ...piece, 2]).subarray(1, piece.length + 1)
      expect(isSame(one, other)).toBe(true)
      if (piece.length === 0) return
      expect(isSame(one, other.subarray(1))).toBe(false)
      const index = place % piece.length
      other[index] = (other[index] as number) ^ change
      expect(isSame(one, other)).toBe(false)
    }),
  )
})

it('the length in UTF-8 is that of its bytes', () => {
  const anyUnits = fc.array(fc.integer({ max: 0xffff, min: 0 })).map((units) => String.fromCharCode(...units))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), anyUnits), (text) => {
      expect(utf8Length(text)).toBe(utf8(text).length)
    }),
  )
})
