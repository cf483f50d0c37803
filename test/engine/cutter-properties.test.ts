import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { text, utf8 } from '../../src/bytes.js'
import { Cutter } from '../../src/engine/cutter.js'
import { pullFrom } from '../../src/engine/source.js'
import { identityOf, keyOf } from '../../src/items.js'
import { ALONE, isWhole, type Operation, wholeStrings } from '../../src/operation.js'

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
    'cuts plain keys whole, and all others as ever, while limits fall and rise: %s',
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
          fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 80 }),
          async (items, most, mostBytes, course) => {
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
              whole: wholeStrings(() => expect.fail('not asked for')),
              encode: () => expect.fail('not asked for'),
              decode: () => expect.fail('not asked for'),
            }
            const writeWhole = (given: readonly unknown[]) => {
              const keys = given.map(keyOf)
              if (!keys.every((each) => /^[a-f]+$/.test(each))) return undefined
              let [count, bytes] = [0, ENVELOPE]
              for (const each of keys) {
                bytes += each.length + 1
                if (bytes <= mostBytes) count++
              }
              return { body: utf8(keys.slice(0, count).join()), count }
            }
            const limits = { items: most, bytes: mostBytes }
            const cutter = new Cutter(pullFrom(source, 'keys'), operation, limits, () => 0, writeWhole)
            const joined: unknown[] = []
            const falls = course.values()
            const next = () => {
              limits.items = Math.min(most, falls.next().value ?? most)
              return nextOf(cutter)
            }
            for (let batch = await next(); batch; batch = await next()) {
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
