import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { objectsOf, readJson, stringOf, stringsOf } from '../../src/bodies/json.js'
import { utf8 } from '../../src/bytes.js'

const read = (source: string) => readJson(utf8(source))

describe('readJson', () => {
  it('reads an object', () => {
    expect(read('{"SuccessKeys":["a"],"FailKeys":null}')).toEqual({
      kind: 'object',
      value: { SuccessKeys: ['a'], FailKeys: null },
    })
    expect(read('\ufeff {"a":"\ufeff"}\r\n')).toEqual({ kind: 'object', value: { a: '\ufeff' } })
  })

  it.each(['', ' \r\n\t', '\ufeff'])('knows an empty body: %j', (source) => {
    expect(read(source)).toEqual({ kind: 'empty' })
  })

  it.each(['[]', 'null', '1', '"{}"', 'true'])('takes no other value than an object: %s', (source) => {
    expect(read(source)).toEqual({ kind: 'malformed', reason: 'JSON, but not an object' })
  })

  it.each(['{', '{"a":1}x', '<html>', "{'a':1}", '{"a":1}{}', '\u00a0'])('takes no other text: %s', (source) => {
    expect(read(source)).toEqual({ kind: 'malformed', reason: 'not JSON' })
  })

  it('takes no bytes that are not UTF-8, and is none the worse for them', () => {
    const [open, close] = [utf8('{"a":"'), utf8('"}')]
    expect(readJson(new Uint8Array([...open, 0xff, ...close]))).toEqual({ kind: 'malformed', reason: 'not UTF-8' })
    expect(readJson(new Uint8Array([...open, 0xe2, 0x82]))).toEqual({ kind: 'malformed', reason: 'not UTF-8' })
    expect(read('{"a":1}')).toEqual({ kind: 'object', value: { a: 1 } })
  })

  it('is safe from members named like those of objects', () => {
    const body = read('{"__proto__":{"SuccessKeys":["x"]},"constructor":1}')
    if (body.kind !== 'object') throw new Error(body.kind)
    expect(Object.getPrototypeOf(body.value)).toBe(Object.prototype)
    expect(body.value.SuccessKeys).toBeUndefined()
    expect(body.value.constructor).toBe(1)
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof readJson(new Uint8Array(bytes)).kind === 'string'))
    expect(read('['.repeat(1e6)).kind).toBe('malformed')
  })

  it('gives back every object', () => {
    const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
    fc.assert(
      fc.property(objects, (value) => {
        const source = JSON.stringify(value)
        expect(read(source)).toEqual({ kind: 'object', value: JSON.parse(source) })
      }),
    )
  })
})

describe('narrowing', () => {
  it('takes a string for a string', () => {
    expect(['', 'a', 1, null, undefined, ['a']].map(stringOf)).toEqual(['', 'a', ...Array(4).fill(undefined)])
  })

  it('takes a list of strings, and nothing for an empty one', () => {
    expect(stringsOf(['a', ''])).toEqual(['a', ''])
    expect([null, undefined, []].map(stringsOf)).toEqual([[], [], []])
    expect([['a', 1], [null], 'a', {}, 0, false, ''].map(stringsOf)).toEqual(Array(7).fill(undefined))
  })

  it('takes a list of objects, and nothing for an empty one', () => {
    expect(objectsOf([{ key: 'a' }, {}])).toEqual([{ key: 'a' }, {}])
    expect([null, undefined, []].map(objectsOf)).toEqual([[], [], []])
    expect([[{}, 1], [null], [[]], 'a', {}].map(objectsOf)).toEqual(Array(5).fill(undefined))
  })
})
