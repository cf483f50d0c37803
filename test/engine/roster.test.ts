import { describe, expect, test } from 'vitest'
import { Roster } from '../../src/engine/roster.js'

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
