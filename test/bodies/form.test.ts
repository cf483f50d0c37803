import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BETWEEN_BYTES,
  formField,
  formList,
  LIST_BYTES,
  listMember,
  wholeFormKeys,
  wholeFormList,
} from '../../src/bodies/form.js'
import { percentEncode, text, utf8Length } from '../../src/bytes.js'

const anyText = fc.string({ unit: 'binary' })
const keys = fc.array(fc.oneof(anyText, fc.string(), fc.constantFrom("!'()*~", 'a b', 'dir/ü/日/😀', '"\\\u0001')))

describe('form', () => {
  it('writes a list as the ESA client does', () => {
    const body = formList('Keys', ['test_key1', 'test_key2'].map(listMember))
    expect(text(body)).toBe('Keys=%5B%22test_key1%22%2C%22test_key2%22%5D')
    expect(text(formList('Keys', []))).toBe('Keys=%5B%5D')
    expect(text(formList('KvList', [listMember({})]))).toBe('KvList=%5B%7B%7D%5D')
  })

  it('leaves only unreserved characters as they are', () => {
    const unreserved = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~'
    expect(text(formField('Value', unreserved))).toBe(`Value=${unreserved}`)
    expect(text(formField('Value', ''))).toBe('Value=')
    expect(text(formField('Value', " +/*!'()\u00fc\u{1f600}\0"))).toBe(
      'Value=%20%2B%2F%2A%21%27%28%29%C3%BC%F0%9F%98%80%00',
    )
  })

  it('encodes as the signature does', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(text(formField('Value', value))).toBe(`Value=${percentEncode(value)}`)
      }),
    )
  })

  it('gives the keys back', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const body = text(formList('Keys', all.map(listMember)))
        expect(JSON.parse(decodeURIComponent(body.slice('Keys='.length)))).toEqual(all)
        expect(JSON.parse(new URLSearchParams(body).get('Keys') ?? '')).toEqual(all)
      }),
    )
  })

  it('adds up for a list: its members, what stands between them, and what stands around', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const members = all.map(listMember)
        const between = BETWEEN_BYTES * Math.max(0, all.length - 1)
        const bytes = members.reduce((sum, { length }) => sum + length, 0) + between
        expect(formList('Keys', members).length).toBe('Keys'.length + LIST_BYTES + bytes)
      }),
    )
  })
})

/** As little memory as was asked for, of any content. */
const lend = (bytes: number) => new Uint8Array(bytes).fill(0x2a)
const room = (mostBytes: number) => ({ mostBytes, lend, now: () => expect.fail('not asked for') })

describe('form of keys written in one go', () => {
  const fitting = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((key) => utf8Length(key) <= 20)

  it('is the same as that of keys written one by one, as far as they fit', () => {
    fc.assert(
      fc.property(fc.array(fitting, { minLength: 1, maxLength: 60 }), (all) => {
        const { body, count, list } = wholeFormKeys('Keys', all, 20, room(300)) ?? expect.fail('none')
        expect(text(body)).toBe(text(formList('Keys', all.slice(0, count).map(listMember))))
        expect(body.length).toBeLessThanOrEqual(300)
        expect(text(list ?? expect.fail('no list'))).toBe(JSON.stringify(all.slice(0, count)))
      }),
    )
  })

  it('holds a body as long as it may be, and keys as long as they may be', () => {
    const all = ['ää', 'ää']
    const bytes = formList('Keys', all.map(listMember)).length
    const countIn = (mostBytes: number, longestKey = 4) =>
      wholeFormKeys('Keys', all, longestKey, room(mostBytes))?.count
    expect([countIn(bytes), countIn(bytes - 1), countIn(bytes, 3)]).toEqual([2, 1, undefined])
  })

  it('has the list beside it where nothing stands as it is', () => {
    const all = ['!', '((', ')))', '!!!!', '😀', '"']
    for (let count = 1; count <= all.length; count++) {
      const keys = all.slice(0, count)
      const { body, list } = wholeFormKeys('Keys', keys, 20, room(1_000)) ?? expect.fail('none')
      expect(text(body)).toBe(text(formList('Keys', keys.map(listMember))))
      expect(text(list ?? expect.fail('no list'))).toBe(JSON.stringify(keys))
    }
  })

  it('holds nearly as many as there is room for', () => {
    const all = Array.from({ length: 5_000 }, (_, index) => `key-${index}`)
    const { body, count } = wholeFormKeys('Keys', all, 20, room(20_000)) ?? expect.fail('none')
    expect(count).toBeLessThan(all.length)
    expect(body.length).toBeGreaterThan(18_000)
  })

  it.each(['', '\ud800', 'a\udc00', 'a'.repeat(21), 'ä'.repeat(11), '😀'.repeat(6)])(
    'is none where one of them is %j',
    (key) => expect(wholeFormKeys('Keys', ['a', key, 'b'], 20, room(300))).toBeUndefined(),
  )

  it('is none where not even one fits', () => expect(wholeFormKeys('Keys', ['😀'], 20, room(20))).toBeUndefined())
})

describe('form of a list written in one go', () => {
  const write = (all: readonly string[], mostBytes: number) =>
    wholeFormList('KvList', all, (each) => (each === 'none' ? undefined : JSON.stringify(each)), room(mostBytes))

  it('is the same as that of members written one by one, as many as fit', () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 40, max: 900 }),
        (all, most) => {
          const bytesOf = (count: number) => formList('KvList', all.slice(0, count).map(listMember)).length
          const { body, count } = write(all, most) ?? { body: undefined, count: 0 }
          if (body) expect(text(body)).toBe(text(formList('KvList', all.slice(0, count).map(listMember))))
          expect(body?.length ?? 0).toBeLessThanOrEqual(most)
          if (count < all.length) expect(bytesOf(count + 1)).toBeGreaterThan(most)
        },
      ),
    )
  })

  it('holds as many as fit, to the byte', () => {
    const all = ['!!!', 'abc', '((!', 'ä', 'b']
    for (let count = 1; count <= all.length; count++) {
      const bytes = formList('KvList', all.slice(0, count).map(listMember)).length
      expect([write(all, bytes)?.count, write(all, bytes - 1)?.count ?? 0]).toEqual([count, count - 1])
    }
  })

  it('takes long members, but no very long one', () => {
    const longest = 'x'.repeat(65_534)
    expect(write(['a', longest, 'b'], 1e6)?.count).toBe(3)
    expect(write(['a', `${longest}x`, 'b'], 1e6)).toBeUndefined()
    expect(write(['a', `${longest}x`, 'b'], 60)?.count).toBeUndefined()
  })

  it('is none where there is none of one of them', () => {
    expect(write(['a', 'none', 'b'], 1_000)).toBeUndefined()
    expect(write([], 1_000)).toBeUndefined()
  })
})
