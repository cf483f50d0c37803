import { describe, expect, test } from 'vitest'
import { Buffers } from '../../src/engine/buffers.js'
import { Roster } from '../../src/engine/roster.js'
import { Stop } from '../../src/stop.js'

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

describe('Roster', () => {
  test('holds what was added until it is deleted, and says whether it did', () => {
    const roster = new Roster<string>()
    for (const thing of ['a', 'b', 'c']) roster.add(thing)
    expect([roster.delete('a'), roster.delete('a'), roster.size]).toEqual([true, false, 2])
    expect(roster.all().sort()).toEqual(['b', 'c'])
  })

  test('tells all of them as they are now: what is deleted meanwhile is still told', () => {
    const roster = new Roster<string>()
    for (const thing of ['a', 'b', 'c']) roster.add(thing)
    const told: string[] = []
    for (const thing of roster.all()) {
      told.push(thing)
      roster.delete(thing)
    }
    expect(told).toEqual(['a', 'b', 'c'])
    expect(roster.size).toBe(0)
  })
})

describe('Stop', () => {
  test('tells whoever listens, once, and whoever comes later', () => {
    const stop = new Stop()
    const told: unknown[] = []
    stop.onStop((reason) => told.push(['before', reason]))
    expect([stop.reason, told]).toEqual([undefined, []])
    stop.stop('first')
    stop.stop('second')
    stop.onStop((reason) => told.push(['after', reason]))
    expect([stop.reason, told]).toEqual([
      'first',
      [
        ['before', 'first'],
        ['after', 'first'],
      ],
    ])
  })
})
