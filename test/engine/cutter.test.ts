import { describe, expect, test } from 'vitest'
import type { Batch } from '../../src/engine/batch.js'
import { Cutter } from '../../src/engine/cutter.js'
import { END, type Puller, pullFrom } from '../../src/engine/source.js'
import { identityOf, KEY_MEMBERS, keyOf } from '../../src/items.js'
import { ALONE, isWhole, type Operation, wholeStrings } from '../../src/operation.js'

type Item = string | { readonly key: string; readonly other?: boolean }

const ENVELOPE = 10

/** `!` is no key, `*` goes alone; every other takes its length and one more. */
const operation: Operation<Item, object> = {
  ...{ name: 'Test', maxItems: 1000, maxBytes: 1000, envelopeBytes: ENVELOPE },
  write: (item) => {
    const key = keyOf(item)
    if (key.startsWith('!')) return { code: 'InvalidKey', message: `no key: ${key}` }
    return key.startsWith('*') ? ALONE : `${key},`
  },
  measure: (text) => text.length,
  interchangeable: (first, second) => typeof first === typeof second,
  whole: wholeStrings(() => expect.fail('not asked for')),
  encode: () => expect.fail('not asked for'),
  decode: () => expect.fail('not asked for'),
}

/** Writes keys of letters in one go, as many as fit. */
function writeWhole(keys: readonly string[], bytes: number) {
  if (!keys.every((key) => /^[a-z0-9]+$/.test(key))) return undefined
  let count = 0
  for (let sum = ENVELOPE; count < keys.length; count++) {
    sum += (keys[count] as string).length + 1
    if (sum > bytes) break
  }
  return count === 0 ? undefined : { body: new Uint8Array(count), count }
}

function cutterOf(source: Iterable<Item> | Puller<Item>, limits: { items: number; bytes: number }) {
  const puller =
    'next' in source && 'close' in source ? (source as Puller<Item>) : pullFrom<Item>(source as Item[], 'keys')
  return new Cutter(
    puller,
    operation,
    limits,
    () => 0,
    (keys) => writeWhole(keys.map(keyOf), limits.bytes),
  )
}

const allOf = (cutter: ReturnType<typeof cutterOf>) => {
  const batches: Batch<Item, object>[] = []
  for (let batch = cutter.next(); batch; batch = cutter.next())
    batches.push(batch instanceof Promise ? expect.fail('had to wait') : batch)
  return batches
}
const shapes = (batches: readonly Batch<Item, object>[]) =>
  batches.map(({ items, written }) => `${items.length}${isWhole(written) ? ' whole' : ''}`)

const sorted = Array.from({ length: 10 }, (_, index) => `key${index}`)
const generated = function* (items: readonly Item[]) {
  yield* items
}
const SOURCES = [
  ['array', (items: readonly Item[]) => [...items]],
  ['generator', generated],
  ['set', (items: readonly Item[]) => new Set(items)],
] as const

describe.each(SOURCES)('plain keys from an %s', (_, sourceOf) => {
  test.each([
    ['in order', sorted],
    ['in no order', [...sorted].reverse()],
  ])('are cut whole: %s', (_, keys) => {
    expect(shapes(allOf(cutterOf(sourceOf(keys), { items: 4, bytes: 1000 })))).toEqual([
      '4 whole',
      '4 whole',
      '2 whole',
    ])
  })

  test.each([
    ['in order', ['a', { key: 'b' }, 'c']],
    ['last, and in no order', ['b', 'a', { key: 'c' }]],
    ['first, and in no order', [{ key: 'b' }, 'a', 'c']],
  ])('are not cut whole with one that has to be written by itself: %s', (_, items) => {
    const batches = allOf(cutterOf(items as Item[], { items: 4, bytes: 1000 }))
    expect(batches.map(({ written }) => isWhole(written))).toEqual([false])
  })

  test('are looked at one by one where one of them throws', () => {
    const throwing: typeof operation = {
      ...operation,
      write(item, now) {
        if (keyOf(item) === 'b') throw new Error('no')
        return operation.write(item, now)
      },
    }
    const limits = { items: 3, bytes: 1000 }
    const cutter = new Cutter(
      pullFrom<Item>(['a', 'b', 'c'], 'keys'),
      throwing,
      limits,
      () => 0,
      () => {
        throw new Error('no')
      },
    )
    const [batch] = allOf(cutter)
    expect(batch?.report().failed).toMatchObject([
      { key: 'b', code: 'InvalidKey', outcome: 'not-sent', message: 'it cannot be read' },
    ])
    expect(batch?.items).toEqual(['a', 'b', 'c'])
  })

  test('are cut whole by bytes, to the byte', () => {
    const batches = (bytes: number) => shapes(allOf(cutterOf(sourceOf(sorted), { items: 100, bytes })))
    expect(batches(ENVELOPE + 5 * 5)).toEqual(['5 whole', '5 whole'])
    expect(batches(ENVELOPE + 5 * 5 - 1)).toEqual(['4 whole', '4 whole', '2 whole'])
  })

  test('are cut one by one where one of them needs it', () => {
    const keys = ['a', 'b', 'C', 'd', 'e', 'f']
    expect(shapes(allOf(cutterOf(sourceOf(keys), { items: 3, bytes: 1000 })))).toEqual(['3', '3 whole'])
    const mixed = ['a', { key: 'b' }, 'c', 'd', 'e', 'f']
    expect(shapes(allOf(cutterOf(sourceOf(mixed), { items: 2, bytes: 1000 }))).at(-1)).toBe('2 whole')
  })

  test('are cut into smaller requests once limits fall, those already taken included', () => {
    const limits = { items: 10, bytes: ENVELOPE + 3 * 5 }
    const cutter = cutterOf(sourceOf(sorted), limits)
    expect(shapes([cutter.next() as Batch<Item, object>])).toEqual(['3 whole'])
    Object.assign(limits, { items: 2, bytes: 1000 })
    const rest = allOf(cutter)
    expect(rest.every(({ items }) => items.length <= 2)).toBe(true)
    expect(rest.flatMap(({ items }) => items)).toEqual(sorted.slice(3))
  })
})

test.each(SOURCES)('a limit that falls below what was taken already loses nothing of an %s', (_, sourceOf) => {
  const keys = Array.from({ length: 30 }, (_, index) => `key${10 + index}`)
  const limits = { items: 10, bytes: ENVELOPE + 3 * 6 }
  const cutter = cutterOf(sourceOf(keys), limits)
  const first = cutter.next() as Batch<Item, object>
  Object.assign(limits, { items: 2, bytes: 1000 })
  expect([first, ...allOf(cutter)].flatMap(({ items }) => items)).toEqual(keys)
  expect(cutter.taken).toBe(30)
})

test.each(['array', 'generator'])('a key twice stands once in a request, in order or not: %s', (kind) => {
  for (const keys of [
    ['a', 'a', 'b'],
    ['b', 'a', 'b'],
  ]) {
    const [batch, ...others] = allOf(cutterOf(kind === 'array' ? keys : generated(keys), { items: 9, bytes: 1000 }))
    expect([others, batch?.items, batch?.twins.size]).toEqual([[], keys, 1])
  }
})

test('versions of one key are cut whole, but not one version twice', () => {
  const versioned: typeof operation = {
    ...operation,
    whole: { lengthOf: () => 1, write: () => expect.fail('not asked for') },
  }
  const cut = (...versions: string[]) => {
    const keys = versions.map((versionId) => ({ key: 'a', versionId }))
    const limits = { items: 9, bytes: 1000 }
    const whole = (items: readonly Item[]) => ({ body: new Uint8Array(1), count: items.length })
    const cutter = new Cutter(pullFrom<Item>(keys, 'keys', KEY_MEMBERS), versioned, limits, () => 0, whole)
    return shapes(allOf(cutter))
  }
  expect([cut('1', '2', '3'), cut('1', '2', '1')]).toEqual([['3 whole'], ['3']])
})

describe('what is taken', () => {
  const big = 'x'.repeat(100)

  test('of long keys is no more than fills a request', () => {
    const cutter = cutterOf(generated(Array.from({ length: 50 }, (_, index) => `${big}${index}`)), {
      items: 40,
      bytes: 500,
    })
    for (let count = 1; count <= 3; count++) {
      cutter.next()
      expect(cutter.taken).toBeLessThanOrEqual(5 + 4 * (count - 1))
    }
  })

  test('of items that are no strings is no more than fills a request', () => {
    const things = Array.from({ length: 50 }, (_, index) => ({ key: `${big}${index}` }))
    const cutter = cutterOf(generated(things), { items: 40, bytes: 500 })
    for (let count = 1; count <= 3; count++) {
      cutter.next()
      expect(cutter.taken).toBeLessThanOrEqual(1 + 4 * count)
    }
  })

  test('of an array is no more than a request may hold, with what was left of the last', () => {
    const keys = Array.from({ length: 60 }, (_, index) => `key${10 + index}`)
    const cutter = cutterOf(keys, { items: 10, bytes: ENVELOPE + 3 * 6 })
    for (let count = 1; count <= 10; count++) {
      expect(cutter.next()).toMatchObject({ items: keys.slice(3 * (count - 1), 3 * count) })
      expect(cutter.taken).toBeLessThanOrEqual(3 * (count - 1) + 10)
    }
  })

  test('of an array of items that are no strings is nothing new before the last of it is cut', () => {
    const things = Array.from({ length: 50 }, (_, index) => ({ key: `${big}${index}` }))
    const cutter = cutterOf(things, { items: 20, bytes: 500 })
    for (let count = 1; count <= 4; count++) {
      cutter.next()
      expect(cutter.taken).toBe(20)
    }
  })

  test('is known to be all where the input tells its length: nobody asks for its end', () => {
    let asked = 0
    const puller: Puller<Item> = {
      total: 2,
      next: () => (++asked > 2 ? expect.fail('asked') : `k${asked}`),
      close() {},
    }
    const cutter = cutterOf(puller, { items: 9, bytes: 1000 })
    expect(shapes(allOf(cutter))).toEqual(['2 whole'])
    expect([cutter.ended, cutter.taken]).toEqual([true, 2])
    expect(cutterOf([], { items: 9, bytes: 1000 }).ended).toBe(true)
    const array = cutterOf(['a', 'b'], { items: 2, bytes: 1000 })
    array.next()
    expect(array.ended).toBe(true)
  })

  test('ends with an array that has become shorter', () => {
    const keys = ['a', 'b', 'c', 'd']
    const cutter = cutterOf(keys, { items: 2, bytes: 1000 })
    cutter.next()
    keys.length = 3
    expect(allOf(cutter).flatMap(({ items }) => items)).toEqual(['c'])
    expect([cutter.ended, cutter.taken]).toEqual([true, 3])
  })

  test('is given back where the run ends, and the input is let go of once, unless it has ended', () => {
    let closed = 0
    const pullerOf = (total: number | undefined): Puller<Item> => {
      let next = 0
      return { total, next: () => (next < 3 ? `k${next++}` : END), close: () => void closed++ }
    }
    const cutter = cutterOf(pullerOf(undefined), { items: 2, bytes: 1000 })
    cutter.next()
    cutter.halt()
    cutter.halt()
    expect([closed, cutter.next(), shapes(cutter.leftover()), cutter.ended]).toEqual([1, undefined, [], true])
    const whole = cutterOf(pullerOf(3), { items: 9, bytes: 1000 })
    whole.next()
    whole.halt()
    expect(closed).toBe(1)
  })

  test('of an input that gives something and then makes one wait is left over', () => {
    const waiting = new Promise<never>(() => {})
    let next = 0
    const puller: Puller<Item> = { total: undefined, next: () => (next < 3 ? `k${next++}` : waiting), close() {} }
    const cutter = cutterOf(puller, { items: 9, bytes: 1000 })
    expect(cutter.next()).toBeInstanceOf(Promise)
    expect(cutter.leftover().flatMap(({ items }) => items)).toEqual(['k0', 'k1', 'k2'])
  })
})

describe('items looked at one by one', () => {
  test('that go alone are gathered by sixteen', () => {
    const keys = Array.from({ length: 40 }, (_, index) => `*${index}`)
    const batches = allOf(cutterOf(keys, { items: 100, bytes: 1000 }))
    expect(batches.map(({ alone }) => alone.length)).toEqual([16, 16, 8])
    expect(batches.map(({ offset }) => offset)).toEqual([0, 16, 32])
  })

  test('that are none fail with their reason, and are not to be tried again', () => {
    const [batch] = allOf(cutterOf(['!a', 'B'], { items: 9, bytes: 1000 }))
    expect(batch?.isOpen(0)).toBe(false)
    batch?.doneWhole()
    expect(batch?.report().failed).toMatchObject([
      { key: '!a', code: 'InvalidKey', message: 'no key: !a', retryable: false, outcome: 'not-sent', attempts: 0 },
    ])
  })

  test('fill a request to the byte, and one that is too long for any has its own', () => {
    const keys = ['AAAA', 'BBBB', 'CCCC']
    const sizes = (bytes: number) => shapes(allOf(cutterOf(keys, { items: 9, bytes })))
    expect(sizes(ENVELOPE + 10)).toEqual(['2', '1'])
    expect(sizes(ENVELOPE + 9)).toEqual(['1', '1', '1'])
    expect(sizes(ENVELOPE + 1)).toEqual(['1', '1', '1'])
  })

  test('merge with one that is the same while there is room, and otherwise do not', () => {
    const twins: Item[] = [{ key: 'A' }, { key: 'A' }]
    expect(allOf(cutterOf(twins, { items: 9, bytes: ENVELOPE + 2 })).map(({ twins }) => twins.size)).toEqual([1])
    const different: Item[] = ['A', { key: 'A' }, 'A']
    const batches = allOf(cutterOf(different, { items: 9, bytes: 1000 }))
    expect(batches.map(({ items }) => items.length)).toEqual([1, 1, 1])
    expect(new Set(different.map(identityOf)).size).toBe(1)
  })

  test('that failed or go alone are no twins of those that follow', () => {
    const [batch, ...others] = allOf(cutterOf(['!a', '!a', '*b', '*b', 'C', 'C'], { items: 9, bytes: 1000 }))
    expect(others).toEqual([])
    expect([...(batch?.twins ?? [])]).toEqual([[4, 5]])
    expect(batch?.alone).toEqual([2, 3])
  })
})
