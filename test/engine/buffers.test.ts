import { describe, expect, test } from 'vitest'
import { Buffers } from '../../src/engine/buffers.js'

const KIB_64 = 65_536

describe('Buffers', () => {
  test('offer the same memory until it is taken, and then another', () => {
    const buffers = new Buffers()
    const first = buffers.offer(10)
    expect(first).toHaveLength(KIB_64)
    expect(buffers.offer(KIB_64)).toBe(first)
    buffers.take()
    expect(buffers.offer(10)).not.toBe(first)
  })

  test('offer again what was taken back, whole, whatever part of it comes back', () => {
    const buffers = new Buffers()
    const memory = buffers.offer(10)
    buffers.take()
    buffers.takeBack(memory.subarray(3, 5))
    expect(buffers.offer(KIB_64).buffer).toBe(memory.buffer)
  })

  test('give up what is too small', () => {
    const buffers = new Buffers()
    const small = buffers.offer(10)
    const large = buffers.offer(KIB_64 + 1)
    expect(large).toHaveLength(2 * KIB_64)
    expect(buffers.offer(10)).toBe(large)
    buffers.take()
    expect(buffers.offer(10)).not.toBe(small)
  })
})
