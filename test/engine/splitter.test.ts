import { describe, expect, test } from 'vitest'
import { type Family, nextPart, Splitter } from '../../src/engine/splitter.js'

const BAD = { code: 'Bad', message: 'bad', retryable: false }

/** How many parts of a family are sent where none succeeds. */
function fruitlessParts(splitter: Splitter): number {
  const family = { size: 1000, reason: BAD }
  let parts = 0
  while (parts < 1_000 && splitter.admits(family)) parts++
  expect([splitter.isOver(family), splitter.admits(family)]).toEqual([true, false])
  return parts
}

describe('Splitter', () => {
  test('gives up after 64 parts without a success, of which each family has two thirds of what is left', () => {
    const splitter = new Splitter()
    expect([1, 2, 3, 4, 5, 6].map(() => fruitlessParts(splitter))).toEqual([43, 14, 5, 2, 0, 0])
    expect(splitter.isOver({ size: 1000, reason: BAD })).toBe(true)
    splitter.succeeded({ items: ['a'] })
    expect([splitter.isOver({ size: 1000, reason: BAD }), fruitlessParts(splitter)]).toEqual([false, 43])
  })

  test('does not count parts that are to be sent again', () => {
    const splitter = new Splitter()
    const family: Family = { size: 1000, reason: BAD }
    for (let part = 0; part < 1_000; part++) {
      expect([splitter.isSearching, splitter.admits(family)]).toEqual([false, true])
      splitter.unanswered(family)
    }
    expect(family.allowed).toBe(43)
    for (let part = 0; part < 10; part++) splitter.admits(family)
    expect([splitter.isSearching, family.allowed]).toEqual([true, 33])
    for (let part = 0; part < 3; part++) splitter.unanswered(family)
    expect([splitter.isSearching, family.allowed]).toEqual([false, 36])
    splitter.admits(family)
    expect([splitter.isSearching, family.allowed]).toEqual([true, 35])
  })

  test('goes on to the end where a part has succeeded, and counts no more of that family', () => {
    const splitter = new Splitter()
    const family = { size: 1000, reason: BAD }
    splitter.admits(family)
    splitter.succeeded({ items: ['a'], family })
    for (let part = 0; part < 1_000; part++) expect(splitter.admits(family)).toBe(true)
    splitter.unanswered(family)
    expect([splitter.isSearching, splitter.isOver(family), splitter.admits(family)]).toEqual([false, false, true])
    expect(fruitlessParts(splitter)).toBe(43)
    expect(splitter.admits(family)).toBe(true)
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
    const family = { size: 1000, reason: BAD }
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
    expect(splitter.admits({ allowed: 0, size: 1000, reason: BAD })).toBe(false)
    expect(splitter.admits({ allowed: 1, size: 1000, reason: BAD })).toBe(true)
  })

  /** The parts that are sent where none succeeds, as `from-to`, of a request of 1,000 items. */
  function course(splitter: Splitter, isGood: (from: number, to: number) => boolean = () => false): string[] {
    const family = { size: 1000, reason: BAD }
    const part = (from: number, to: number) => ({
      items: { length: to - from },
      ...{ batch: { offset: 0 }, slots: [{ index: from }], from, to },
    })
    const halves = (from: number, to: number) => {
      const half = from + Math.ceil((to - from) / 2)
      return [part(from, half), part(half, to)]
    }
    const waiting = halves(0, 1000)
    const sent: string[] = []
    while (waiting.length > 0) {
      const next = nextPart(waiting, family)
      if (!splitter.admits(family)) return sent
      waiting.splice(waiting.indexOf(next), 1)
      sent.push(`${next.from}-${next.to}`)
      if (isGood(next.from, next.to)) return sent
      if (next.items.length > 1) waiting.unshift(...halves(next.from, next.to))
    }
    return sent
  }

  test('asks about long parts first, then from both ends by turns', () => {
    const sent = course(new Splitter())
    expect(new Set(sent.slice(0, 14).map((part) => part.split('-').reduce((from, to) => `${+to - +from}`)))).toEqual(
      new Set(['500', '250', '125']),
    )
    expect(sent.slice(14, 24)).toEqual(
      expect.arrayContaining(['0-63', '938-1000', '0-32', '969-1000', '0-16', '985-1000', '0-8', '993-1000']),
    )
    expect(sent).toHaveLength(43)
    expect(sent).toEqual(expect.arrayContaining(['0-1', '1-2', '999-1000', '998-999']))
  })

  test.each([
    ['a good one at the beginning', (from: number, to: number) => from === 0 && to === 1],
    ['a good one at the end', (from: number, to: number) => from === 999 && to === 1000],
    ['a quarter that is good, anywhere', (from: number, to: number) => from >= 400 && to <= 650],
    ['every third one', (from: number, to: number) => to - from === 1 && from % 3 === 1],
  ])('finds %s', (_, isGood) => {
    const sent = course(new Splitter(), isGood)
    const [from = 0, to = 0] = (sent.at(-1) ?? '').split('-').map(Number)
    expect(isGood(from, to)).toBe(true)
  })
})
