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

  describe('counts the objects and lists of a long document', () => {
    const list = (count: number, rest: string) => `{"a":[${'[],'.repeat(count - 2)}0],"b":"${rest}"}`
    const long = 'x'.repeat(1 << 20)

    it('and takes as many as ten full answers have', () => {
      expect(read(list(100_000, long)).kind).toBe('object')
      expect(read(list(100_001, long))).toEqual({ kind: 'malformed', reason: 'too many objects' })
    })

    it('but not those inside a string', () => {
      expect(read(list(100_000, `${long}[{\\"[{\\\\`)).kind).toBe('object')
      expect(read(list(99_999, `${long}\\\\","c":{},"d":[],"e":"`)).kind).toBe('malformed')
    })

    it('and nothing else', () => {
      expect(read(`{"a":[${'0,'.repeat(1 << 20)}0]}`).kind).toBe('object')
    })

    it('from a megabyte on', () => {
      const short = list(200_000, '')
      const filled = (length: number) => list(200_000, 'x'.repeat(length - short.length))
      expect(read(filled(1 << 20)).kind).toBe('object')
      expect(read(filled((1 << 20) + 1)).kind).toBe('malformed')
    })
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
