import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { text, utf8 } from '../../src/bytes.js'
import { Cutter } from '../../src/engine/cutter.js'
import { retryAfterMs, retryDelay } from '../../src/engine/retry.js'
import { END, pullFrom } from '../../src/engine/source.js'
import { Splitter } from '../../src/engine/splitter.js'
import { identityOf, keyOf, type Source } from '../../src/items.js'
import { ALONE, isWhole, type Operation } from '../../src/operation.js'

describe('retryDelay', () => {
  const policy = { maxAttempts: 5, baseDelayMs: 100, maxDelayMs: 1_000 }

  test.each([
    { failures: 1, random: 0, asked: undefined, delay: 0 },
    { failures: 1, random: 0.5, asked: undefined, delay: 50 },
    { failures: 2, random: 0.5, asked: undefined, delay: 100 },
    { failures: 4, random: 0.5, asked: undefined, delay: 400 },
    { failures: 4, random: 0.5, asked: 30, delay: 400 },
    { failures: 1, random: 0.5, asked: 300, delay: 300 },
    { failures: 1, random: 0.5, asked: 1_000, delay: 1_000 },
    { failures: 1, random: 0.5, asked: 1_001, delay: undefined },
    { failures: 1, random: 0.5, asked: Number.POSITIVE_INFINITY, delay: undefined },
    { failures: 5, random: 0.5, asked: undefined, delay: undefined },
    { failures: 6, random: 0.5, asked: 0, delay: undefined },
  ])('after $failures failures, $random drawn and $asked asked: $delay', ({ failures, random, asked, delay }) => {
    expect(retryDelay(policy, failures, () => random, asked)).toBe(delay)
  })

  test('is never negative, never above the most, never below what was asked', () => {
    const whole = fc.nat({ max: 100_000 })
    fc.assert(
      fc.property(
        fc.record({ maxAttempts: fc.integer({ min: 1, max: 1_000 }), baseDelayMs: whole, maxDelayMs: whole }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(whole, { nil: undefined }),
        (any, failures, random, asked) => {
          const delay = retryDelay(any, failures, () => random, asked)
          if (delay === undefined) expect(failures >= any.maxAttempts || (asked ?? 0) > any.maxDelayMs).toBe(true)
          else {
            expect(delay).toBeGreaterThanOrEqual(asked ?? 0)
            expect(delay).toBeLessThanOrEqual(any.maxDelayMs)
          }
        },
      ),
    )
  })
})

test.each([
  ['7', 7_000],
  [' 0 ', 0],
  ['120', 120_000],
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['Fri, 01 Jan 2100 00:00:10 GMT', 10_000],
  ['Thu, 31 Dec 2099 23:59:00 GMT', 0],
])('a Retry-After of %o asks for %o ms', (value, expected) => {
  expect(retryAfterMs(value, Date.UTC(2100, 0, 1))).toBe(expected)
})

describe('pullFrom', () => {
  const items = ['a', 'b', 'c']
  const sources: Record<string, () => Source<string>> = {
    array: () => items,
    set: () => new Set(items),
    generator: () =>
      (function* () {
        yield* items
      })(),
    'asynchronous generator': () =>
      (async function* () {
        yield* items
      })(),
    stream: () =>
      new ReadableStream({
        start(controller) {
          for (const item of items) controller.enqueue(item)
          controller.close()
        },
      }),
  }

  test.each(Object.entries(sources))('reads a source to its end: %s', async (name, make) => {
    const puller = pullFrom(make(), 'keys')
    const read: string[] = []
    for (let item = await puller.next(); item !== END; item = await puller.next()) read.push(item)
    expect(read).toEqual(items)
    expect(await puller.next()).toBe(END)
    expect(puller.total).toBe(name === 'array' || name === 'set' ? 3 : undefined)
  })

  test('lets go of a source that it did not read to its end', async () => {
    const closed: string[] = []
    function* pending() {
      try {
        yield 'a'
        yield 'b'
      } finally {
        closed.push('iterator')
      }
    }
    async function* pendingLater() {
      try {
        yield 'a'
        yield 'b'
      } finally {
        closed.push('asynchronous iterator')
      }
    }
    const stream = new ReadableStream<string>({
      start: (controller) => controller.enqueue('a'),
      cancel: () => void closed.push('stream'),
    })
    for (const source of [pending(), pendingLater(), stream]) {
      const puller = pullFrom<string>(source, 'keys')
      expect(await puller.next()).toBe('a')
      puller.close()
    }
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(closed.sort()).toEqual(['asynchronous iterator', 'iterator', 'stream'])
  })

  test('reads a stream that cannot be iterated over, as some browsers have it', async () => {
    const stream = new ReadableStream<string>({ start: (controller) => controller.enqueue('a') })
    const puller = pullFrom<string>({ getReader: () => stream.getReader() } as ReadableStream<string>, 'keys')
    expect(await puller.next()).toBe('a')
  })

  test.each([
    ['keys', 'string; for a single key write [key]'],
    [42, 'number'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [() => {}, 'function'],
  ])('refuses %o', (source, named) => {
    expect(() => pullFrom(source as unknown as Source<string>, 'keys')).toThrow(
      new TypeError(`keys must be an Iterable, AsyncIterable or ReadableStream, not ${named}`),
    )
  })
})

describe('Cutter', () => {
  /** Its next batch, however long the input makes one wait. */
  const nextOf = async <Item, Detail extends object>(cutter: Cutter<Item, Detail>) => {
    for (;;) {
      const next = cutter.next()
      if (!(next instanceof Promise)) return next
      await next
    }
  }

  interface Thing {
    readonly key: string
    readonly size: number
    readonly variant: number
  }
  const ENVELOPE = 10

  const operation = (maxItems: number, maxBytes: number): Operation<Thing, object> => ({
    name: 'Test',
    maxItems,
    maxBytes,
    envelopeBytes: ENVELOPE,
    write: ({ size }) => {
      if (size === 0) return ALONE
      return size < 0 ? { code: 'InvalidKey', message: 'no' } : 'x'.repeat(size)
    },
    measure: (text) => text.length,
    interchangeable: (first, second) => first.variant === second.variant,
    encode: () => {
      throw new Error('not asked for')
    },
    decode: () => {
      throw new Error('not asked for')
    },
  })

  const thing = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    size: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.constantFrom(0, -1)),
    variant: fc.nat({ max: 1 }),
  })

  test.each(['array', 'generator', 'asynchronous generator'])(
    'cuts contiguous pieces within the limits, and loses nothing: %s',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(thing, { maxLength: 60 }),
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: ENVELOPE + 40, max: 200 }),
          async (things, maxItems, maxBytes) => {
            function* generated() {
              yield* things
            }
            async function* generatedLater() {
              yield* things
            }
            const source = kind === 'array' ? things : kind === 'generator' ? generated() : generatedLater()
            const limits = { items: maxItems, bytes: maxBytes }
            const cutter = new Cutter(
              pullFrom<Thing>(source, 'things'),
              operation(maxItems, maxBytes),
              limits,
              () => 0,
              () => undefined,
            )
            const joined: Thing[] = []
            while (!cutter.ended) {
              const batch = await nextOf(cutter)
              if (!batch) break
              expect(batch.offset).toBe(joined.length)
              expect(batch.items.length).toBeGreaterThan(0)
              expect(batch.items.length).toBeLessThanOrEqual(maxItems)
              const lone = new Set(batch.alone)
              const sent = batch.items.filter((_, index) => batch.isOpen(index) && !lone.has(index))
              expect(ENVELOPE + sent.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(maxBytes)
              expect(new Set(sent.map(identityOf)).size).toBe(sent.length)
              for (const [index, { size }] of batch.items.entries()) expect(lone.has(index)).toBe(size === 0)
              for (const [earlier, later] of batch.twins) {
                expect(later).toBeGreaterThan(earlier)
                expect(keyOf(batch.items[earlier])).toBe(keyOf(batch.items[later]))
                expect(batch.items[earlier]?.variant).toBe(batch.items[later]?.variant)
              }
              joined.push(...batch.items)
            }
            expect(cutter.leftover()).toEqual([])
            expect(joined).toEqual(things)
            expect(cutter.taken).toBe(things.length)
          },
        ),
      )
    },
  )

  test.each(['array', 'generator', 'asynchronous generator'])(
    'cuts plain keys whole, and all others as ever: %s',
    async (kind) => {
      const key = fc.oneof(
        { weight: 20, arbitrary: fc.stringMatching(/^[a-f]{1,3}$/) },
        fc.constantFrom('', '!odd', '\0alone'),
      )
      const item = fc.oneof({ weight: 20, arbitrary: key }, fc.record({ key: fc.constant('x') }))
      await fc.assert(
        fc.asyncProperty(
          fc.array(item, { maxLength: 80 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 16, max: 40 }),
          async (items, most, mostBytes) => {
            function* generated() {
              yield* items
            }
            async function* generatedLater() {
              yield* items
            }
            const source = kind === 'array' ? items : kind === 'generator' ? generated() : generatedLater()
            const write = (each: unknown) => {
              if (keyOf(each) === '') return { code: 'InvalidKey', message: 'no' } as const
              return keyOf(each).startsWith('\0') ? ALONE : `${keyOf(each)},`
            }
            const operation: Operation<string | { key: string }, object> = {
              ...{ name: 'Test', maxItems: most, maxBytes: mostBytes, envelopeBytes: ENVELOPE, write },
              ...{ measure: (text) => text.length, interchangeable: () => true },
              encode: () => expect.fail('not asked for'),
              decode: () => expect.fail('not asked for'),
            }
            const writeWhole = (keys: readonly string[]) => {
              if (!keys.every((each) => /^[a-f]+$/.test(each))) return undefined
              let [count, bytes] = [0, ENVELOPE]
              for (const each of keys) {
                bytes += each.length + 1
                if (bytes <= mostBytes) count++
              }
              return { body: utf8(keys.slice(0, count).join()), count }
            }
            const cutter = new Cutter(
              pullFrom(source, 'keys'),
              operation,
              { items: most, bytes: mostBytes },
              () => 0,
              writeWhole,
            )
            const joined: unknown[] = []
            for (let batch = await nextOf(cutter); batch; batch = await nextOf(cutter)) {
              expect(batch.offset).toBe(joined.length)
              expect(batch.items.length).toBeLessThanOrEqual(most)
              const sent = batch.items.filter((_, index) => batch.isOpen(index) && !batch.alone.includes(index))
              expect(new Set(sent.map(keyOf)).size).toBe(sent.length)
              expect(sent.reduce((sum: number, each) => sum + keyOf(each).length + 1, ENVELOPE)).toBeLessThanOrEqual(
                mostBytes,
              )
              if (isWhole(batch.written)) expect(text(batch.written.body)).toBe(batch.items.join())
              else
                expect(batch.written).toEqual(
                  batch.items.map((each) => (typeof write(each) === 'string' ? write(each) : '')),
                )
              joined.push(...batch.items)
            }
            expect(joined).toEqual(items)
            expect(cutter.ended).toBe(true)
          },
        ),
      )
    },
  )
})

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
