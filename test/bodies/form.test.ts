import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodedBytes, formField, jsonForm } from '../../src/bodies/form.js'
import { percentEncode, text } from '../../src/bytes.js'

const anyText = fc.string({ unit: 'binary' })
const keys = fc.array(fc.oneof(anyText, fc.string(), fc.constantFrom("!'()*~", 'a b', 'dir/ü/日/😀', '"\\\u0001')))

describe('form', () => {
  it('writes a list as the ESA client does', () => {
    const body = jsonForm('Keys', ['"test_key1"', '"test_key2"'])
    expect(text(body)).toBe('Keys=%5B%22test_key1%22%2C%22test_key2%22%5D')
    expect(text(jsonForm('Keys', []))).toBe('Keys=%5B%5D')
    expect(text(jsonForm('KvList', ['{}']))).toBe('KvList=%5B%7B%7D%5D')
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
        const body = text(
          jsonForm(
            'Keys',
            all.map((key) => JSON.stringify(key)),
          ),
        )
        expect(JSON.parse(decodeURIComponent(body.slice('Keys='.length)))).toEqual(all)
        expect(JSON.parse(new URLSearchParams(body).get('Keys') ?? '')).toEqual(all)
      }),
    )
  })

  it('has exactly the bytes announced', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((all) => String.fromCharCode(...all))
    fc.assert(
      fc.property(fc.oneof(anyText, units), (value) => {
        expect(encodedBytes(value)).toBe(formField('', value).length - 1)
      }),
    )
    for (let unit = 0; unit <= 0xffff; unit++) {
      const value = String.fromCharCode(unit)
      expect(encodedBytes(value), unit.toString(16)).toBe(formField('', value).length - 1)
    }
  })

  it('adds up for a list: its members, %2C between them, %5B and %5D around', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const members = all.map((key) => JSON.stringify(key))
        const bytes = members.reduce((sum, member) => sum + encodedBytes(member), 0) + 3 * Math.max(0, all.length - 1)
        expect(jsonForm('Keys', members).length).toBe('Keys=%5B%5D'.length + bytes)
      }),
    )
  })
})
