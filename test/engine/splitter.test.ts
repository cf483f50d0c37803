import { describe, expect, test } from 'vitest'
import { Splitter } from '../../src/engine/splitter.js'

const BAD = { code: 'Bad', message: 'bad', retryable: false }

describe('Splitter', () => {
  test('gives up after 64 parts without a success', () => {
    const splitter = new Splitter()
    const family = { fruitless: 0, reason: BAD }
    let parts = 0
    while (parts < 1_000 && splitter.admits(family)) parts++
    expect(parts).toBe(64)
    expect(splitter.isHopeless('Bad')).toBe(true)
    expect(splitter.isHopeless('Other')).toBe(false)
  })

  test('does not count parts that are to be sent again', () => {
    const splitter = new Splitter()
    const family = { fruitless: 0, reason: BAD }
    for (let part = 0; part < 1_000; part++) {
      expect([splitter.isSearching, splitter.admits(family)]).toEqual([false, true])
      splitter.unanswered(family)
    }
    splitter.unanswered(family)
    expect(family.fruitless).toBe(0)
    for (let part = 0; part < 10; part++) splitter.admits(family)
    expect([splitter.isSearching, family.fruitless]).toEqual([true, 10])
    for (let part = 0; part < 3; part++) splitter.unanswered(family)
    expect([splitter.isSearching, family.fruitless]).toEqual([false, 7])
    splitter.admits(family)
    expect([splitter.isSearching, family.fruitless]).toEqual([true, 8])
  })

  test('goes on as long as parts succeed', () => {
    const splitter = new Splitter()
    const family = { fruitless: 0, reason: BAD }
    for (let part = 0; part < 1_000; part++) {
      expect(splitter.admits(family)).toBe(true)
      if (part % 2 === 1) splitter.succeeded({ items: ['a'], family })
    }
    expect(splitter.isHopeless('Bad')).toBe(false)
  })

  test('holds the number of items for the fault where both halves are taken, and nothing longer ever was', () => {
    const halves = () => ({ items: new Array(500), siblings: { size: 500, succeeded: 0 } })
    const splitter = new Splitter()
    const first = halves()
    expect([splitter.succeeded(first), splitter.succeeded(first)]).toEqual([undefined, 500])
    splitter.succeeded({ items: new Array(501) })
    const second = halves()
    expect([splitter.succeeded(second), splitter.succeeded(second)]).toEqual([undefined, undefined])
  })
})

describe('the search for one item at fault', () => {
  test('sends parts one by one after eight without a success', () => {
    const splitter = new Splitter()
    const family = { fruitless: 0, reason: BAD }
    for (let part = 0; part < 8; part++) {
      expect(splitter.isSearching).toBe(false)
      splitter.admits(family)
    }
    expect(splitter.isSearching).toBe(true)
    splitter.succeeded({ items: ['a'] })
    expect(splitter.isSearching).toBe(false)
  })

  test('ends for one family, while others may go on', () => {
    const splitter = new Splitter()
    const used = { fruitless: 64, reason: BAD }
    expect(splitter.admits(used)).toBe(false)
    expect(splitter.admits({ fruitless: 63, reason: BAD })).toBe(true)
    expect(used.fruitless).toBe(64)
  })

  test('forgets what was hopeless once the store accepts anything', () => {
    const splitter = new Splitter()
    const family = { fruitless: 3, reason: BAD }
    splitter.giveUp('Bad')
    expect([splitter.isHopeless('Bad'), splitter.admits(family)]).toEqual([true, false])
    splitter.succeeded({ items: ['a'], family })
    expect([splitter.isHopeless('Bad'), family.fruitless]).toEqual([false, 0])
  })
})
