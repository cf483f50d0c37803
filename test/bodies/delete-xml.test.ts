import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnyResult } from '../../src/bodies/delete-result.js'
import { deleteXml, ENVELOPE_BYTES, objectXml, wholeDeleteXml, type XmlObject } from '../../src/bodies/delete-xml.js'
import { isXmlText, xmlText } from '../../src/bodies/xml-text.js'
import { text, utf8, utf8Length } from '../../src/bytes.js'

// Not imported: the bundler's JSON reader refuses the lone surrogates in it.
const vectorsUrl = new URL('../vectors/delete-xml.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')) as typeof import('../vectors/delete-xml.json')

const anyText = fc.string({ unit: 'binary', maxLength: 40 })
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
  .map((all) => String.fromCharCode(...all))
const special = fc.constantFrom(
  '&',
  '<',
  '>',
  '\t',
  '\r\n',
  '\u0085',
  '\u2028',
  '"',
  ']]>',
  '&amp;',
  ' ',
  'ü',
  '日',
  '😀',
)
const xmlTexts = fc
  .oneof(
    fc.array(fc.oneof(special, anyText)).map((all) => all.join('')),
    anyText,
  )
  .filter(isXmlText)
const dates = fc.date({ min: new Date('1970-01-01'), max: new Date('2999-01-01'), noInvalidDate: true })
const fields = { versionId: xmlTexts, eTag: xmlTexts, lastModified: dates, size: fc.nat() }
const objects: fc.Arbitrary<string | XmlObject> = fc.oneof(
  fc.string(),
  xmlTexts,
  fc.record({ key: xmlTexts, ...fields }, { requiredKeys: ['key'] }),
)

/** The key as another reads it. */
async function readBack(written: string): Promise<string | undefined> {
  const answer = await readAnyResult(`<DeleteResult><Deleted><Key>${written}</Key></Deleted></DeleteResult>`)
  return answer.kind === 'result' ? answer.deleted[0]?.key : answer.kind
}

describe('text', () => {
  for (const { name, key, canonical, accept } of vectors.encode.filter((vector) => vector.representable)) {
    it(`writes ${name}`, async () => {
      expect(isXmlText(key)).toBe(true)
      expect(xmlText(key)).toBe(canonical)
      for (const spelling of accept ?? []) expect(await readBack(spelling)).toBe(key)
    })
  }

  for (const { name, key, reason } of vectors.encode.filter((vector) => !vector.representable)) {
    it(`knows whether XML can carry ${name}`, () => {
      expect(isXmlText(key)).toBe(reason === 'empty' || reason === 'too-long')
    })
  }

  it('refuses exactly what XML 1.0 has no character for', () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const isControl = unit < 0x20 && ![0x09, 0x0a, 0x0d].includes(unit)
      const isHalf = unit >= 0xd800 && unit < 0xe000
      expect(isXmlText(`a${String.fromCharCode(unit)}b`), unit.toString(16)).toBe(
        !isControl && !isHalf && unit < 0xfffe,
      )
    }
  })

  it('refuses every string that has no UTF-8 form', () => {
    fc.assert(fc.property(anyUnits, (key) => !isXmlText(key) || text(utf8(key)) === key))
  })

  it('reads back as the key', async () => {
    await fc.assert(fc.asyncProperty(xmlTexts, async (key) => (await readBack(xmlText(key))) === key))
  })
})

describe('body', () => {
  for (const { name, objects, quiet, body, contentLength } of vectors.bodies) {
    it(`is the one of ${name}`, () => {
      const written = deleteXml(objects.map(toObject).map(objectXml), quiet)
      expect(text(written)).toBe(body)
      expect(written.length).toBe(contentLength)
    })
  }

  it('takes plain keys as strings', () => {
    expect(objectXml('a&b')).toBe(objectXml({ key: 'a&b' }))
  })

  it('has exactly the bytes announced', () => {
    fc.assert(
      fc.property(fc.array(objects), (all) => {
        const written = all.map(objectXml)
        const bytes = written.reduce((sum, object) => sum + utf8Length(object), 0)
        expect(deleteXml(written, true).length).toBe(ENVELOPE_BYTES + bytes)
        expect(deleteXml(written, false).length).toBe(ENVELOPE_BYTES + bytes - '<Quiet>true</Quiet>'.length)
      }),
    )
  })

  it('counts every character right', () => {
    for (let unit = 0; unit < 0xd800; unit++) {
      const object = objectXml(`a${String.fromCharCode(unit)}`)
      expect(utf8Length(object), unit.toString(16)).toBe(deleteXml([object], true).length - ENVELOPE_BYTES)
    }
  })
})

describe('body of plain keys', () => {
  const lend = (bytes: number) => new Uint8Array(bytes + 7).fill(0x2a)
  const room = (mostBytes: number) => ({ mostBytes, lend, now: () => expect.fail('not asked for') })
  const plainKeys = fc.string({
    unit: fc.constantFrom(...' !"#$%\'()*+,-./09:;=?@AZ[\\]^_`az{|}~'),
    minLength: 1,
    maxLength: 20,
  })

  it('is the same as that of keys written one by one, as far as they fit', () => {
    fc.assert(
      fc.property(fc.array(plainKeys, { minLength: 1, maxLength: 40 }), fc.boolean(), (keys, quiet) => {
        const { body, count } = wholeDeleteXml(keys, quiet, 20, room(1_000)) ?? expect.fail('not plain')
        expect(text(body)).toBe(text(deleteXml(keys.slice(0, count).map(objectXml), quiet)))
        const bytesFor = (most: number) => deleteXml(keys.slice(0, most).map(objectXml), quiet).length
        expect(bytesFor(count)).toBeLessThanOrEqual(1_000)
        if (count < keys.length) expect(bytesFor(count + 1)).toBeGreaterThan(1_000)
      }),
    )
  })

  it('holds as many keys as fit, to the byte, and keys as long as they may be', () => {
    const keys = Array.from({ length: 9 }, () => 'a'.repeat(7))
    const bytesFor = (count: number) => ENVELOPE_BYTES + count * '<Object><Key>aaaaaaa</Key></Object>'.length
    const countIn = (mostBytes: number, longestKey = 7) =>
      wholeDeleteXml(keys, true, longestKey, room(mostBytes))?.count
    expect([countIn(bytesFor(5)), countIn(bytesFor(5) - 1), countIn(bytesFor(9)), countIn(1e6)]).toEqual([5, 4, 9, 9])
    expect(countIn(bytesFor(9), 6)).toBeUndefined()
    expect([countIn(bytesFor(1)), countIn(bytesFor(1) - 1)]).toEqual([1, undefined])
    const cut = wholeDeleteXml(keys, true, 7, room(bytesFor(5)))
    expect(cut?.body).toEqual(deleteXml(keys.slice(0, 5).map(objectXml), true))
  })

  it('is none with a control character, wherever it stands', () => {
    for (let code = 0; code < 0x20; code++)
      for (let place = 0; place <= 8; place++) {
        const key = `${'~'.repeat(place)}${String.fromCharCode(code)}${' '.repeat(8 - place)}`
        const isNone = wholeDeleteXml(['a', key], false, 20, room(1e6)) === undefined
        expect(isNone).toBe(!'\t\n\r'.includes(String.fromCharCode(code)))
      }
  })

  it('takes every other character of ASCII as it is, in memory of any content', () => {
    const plain = Array.from({ length: 96 }, (_, index) => String.fromCharCode(0x20 + index))
    const keys = plain.filter((char) => !'&<>'.includes(char)).map((char) => `x${char}`)
    const used = (bytes: number) => new Uint8Array(Math.ceil(bytes / 64) * 64).fill(1)
    for (let count = 1; count <= keys.length; count++) {
      const whole = wholeDeleteXml(keys.slice(0, count), true, 20, { ...room(1e6), lend: used })
      expect(whole?.body).toEqual(deleteXml(keys.slice(0, count).map(objectXml), true))
    }
  })

  it('takes characters beyond ASCII as they are, whatever they are, but those that XML cannot carry so', () => {
    const anyKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 })
    const rare = fc.constantFrom(
      ...'\x80\x85\x9f\u2027\u2028\u2029\ud7ff\ue000\ufffd\ufffe\uffff\u{10ffff}',
      '\ud83d',
      '\ude00',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(anyKey, rare), { minLength: 1, maxLength: 20 }), (keys) => {
        const whole = wholeDeleteXml(keys, true, 24, room(1e6))
        const isFit = keys.every((key) => isXmlText(key) && !/[<\x85\u2028]/.test(key))
        expect(whole !== undefined, JSON.stringify(keys)).toBe(isFit)
        if (whole) expect(text(whole.body)).toBe(text(deleteXml(keys.map(objectXml), true)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('holds as many keys beyond ASCII as fit, nearly, and such as are not too long', () => {
    const keys = Array.from({ length: 100 }, () => 'äöü')
    const { body, count } = wholeDeleteXml(keys, true, 6, room(2_000)) ?? expect.fail('none')
    expect(text(body)).toBe(text(deleteXml(keys.slice(0, count).map(objectXml), true)))
    expect(body.length).toBeLessThanOrEqual(2_000)
    expect(body.length).toBeGreaterThan(1_800)
    expect(wholeDeleteXml(keys, true, 5, room(2_000))).toBeUndefined()
  })

  it.each(['', 'a<b', 'a\0b', 'a\x01b', '\ud800', 'ä\0', 'ä'.repeat(11), 'a'.repeat(21)])(
    'is none where one of them is %j',
    (key) => {
      expect(wholeDeleteXml(['a', key, 'b'], false, 20, room(1_000))).toBeUndefined()
      expect(wholeDeleteXml(['&', key, 'b'], false, 20, room(1_000))).toBeUndefined()
    },
  )

  it.each([[['a\ud83d', '\ude00b']], [['&\ud83d', '\ude00b', 'c']], [['a\ufffd', 'a\ud83d', '\ude00c']]])(
    'is none where halves of a pair would meet: %j',
    (keys) => {
      expect(wholeDeleteXml(keys, false, 20, room(1_000))).toBeUndefined()
      const versions = keys.map((key) => ({ key, versionId: 'v' }))
      expect(wholeDeleteXml(versions, false, 20, room(1_000))).toBeUndefined()
      expect(
        wholeDeleteXml(
          keys.map((key) => ({ key: 'k', versionId: key })),
          false,
          20,
          room(1_000),
        ),
      ).toBeUndefined()
    },
  )

  it('is none where the last key would meet the first version', () => {
    const items = [
      { key: 'a', versionId: '\ude00' },
      { key: 'b\ud83d', versionId: 'v' },
    ]
    expect(wholeDeleteXml(items, false, 20, room(1_000))).toBeUndefined()
  })

  it('asks for no more memory than a body can need', () => {
    const asked: number[] = []
    const counted = { ...room(1_000), lend: (bytes: number) => new Uint8Array(asked[asked.push(bytes) - 1] as number) }
    const keys = ['&', ...Array.from({ length: 900 }, () => 'é'.repeat(10))]
    expect(wholeDeleteXml(keys, false, 20, counted)?.count).toBeGreaterThan(15)
    expect(wholeDeleteXml([{ key: '&', versionId: 'é'.repeat(1e6) }], false, 20, counted)).toBeUndefined()
    expect(Math.max(...asked)).toBeLessThan(20_000)
  })

  it('has references where one of them needs them', () => {
    const anyKey = fc.string({ unit: fc.constantFrom(...' &>\t\n\r;]a~ä語😀'), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 40 }), fc.boolean(), (others, quiet) => {
        const keys = ['&', ...others]
        const { body, count } = wholeDeleteXml(keys, quiet, 24, room(1_500)) ?? expect.fail('none')
        expect(text(body)).toBe(text(deleteXml(keys.slice(0, count).map(objectXml), quiet)))
        expect(body.length).toBeLessThanOrEqual(1_500)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('body of plain keys with versions', () => {
  const room = (mostBytes: number) => ({
    mostBytes,
    lend: (bytes: number) => new Uint8Array(bytes + 7).fill(0x2a),
    now: () => expect.fail('not asked for'),
  })
  const wholeOf = (...items: XmlObject[]) => wholeDeleteXml(items, false, 20, room(1e6))

  it('is the same as that of items written one by one, as far as they fit', () => {
    const name = fc.string({ unit: fc.constantFrom(...' "\'/?Aaz~ä語😀'), minLength: 1, maxLength: 4 })
    const item = fc.record({ key: name, versionId: name })
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 40 }), fc.boolean(), (items, quiet) => {
        const { body, count } = wholeDeleteXml(items, quiet, 20, room(1_500)) ?? expect.fail('not plain')
        expect(text(body)).toBe(text(deleteXml(items.slice(0, count).map(objectXml), quiet)))
        expect(body.length).toBeLessThanOrEqual(1_500)
      }),
    )
  })

  it('leaves out no version, and invents none', () => {
    const versions = [
      { key: 'a', versionId: '2' },
      { key: 'a', versionId: '1' },
    ]
    expect(wholeOf(...versions)?.body).toEqual(deleteXml(versions.map(objectXml), false))
    expect(wholeOf({ key: 'a' }, { key: 'b' })?.body).toEqual(deleteXml(['a', 'b'].map(objectXml), false))
    for (const items of [
      ['a', ...versions],
      [...versions, 'a'],
      [...versions, { key: 'a' }],
    ])
      expect(wholeDeleteXml(items, false, 20, room(1e6))).toBeUndefined()
  })

  it.each(['', 'a<b', 'a\0b', 'a\x01b', '\ud800', '\x85', '\u2028', '\uffff', 'ä\0'])(
    'is none where a key or a version is %j',
    (odd) => {
      for (const key of ['k', '&']) {
        const plain = { key, versionId: 'v' }
        expect(wholeOf(plain, { key: odd, versionId: 'v' }, plain)).toBeUndefined()
        if (odd !== '') expect(wholeOf(plain, { key: 'k', versionId: odd }, plain)).toBeUndefined()
      }
    },
  )

  it('has references where a key or a version needs them', () => {
    const items = ['a&b', 'a>b', '\t', '\n', '\r', 'ä&', 'b'].map((key) => ({ key, versionId: `${key}>1` }))
    for (let count = 1; count <= items.length; count++) {
      const some = items.slice(-count)
      expect(text(wholeOf(...some)?.body ?? expect.fail('none'))).toBe(text(deleteXml(some.map(objectXml), false)))
    }
  })

  it('holds keys as long as they may be, in bytes of UTF-8, and versions of any length', () => {
    const withKey = (key: string) => wholeOf({ key, versionId: 'v'.repeat(100) })?.count
    expect(['a'.repeat(20), 'ä'.repeat(10)].map(withKey)).toEqual([1, 1])
    expect(['a'.repeat(21), `${'ä'.repeat(10)}a`].map(withKey)).toEqual([undefined, undefined])
  })
})

interface VectorObject {
  readonly key: string
  readonly versionId?: string
  readonly etag?: string
  readonly lastModifiedTime?: string
  readonly size?: number
}

const toObject = ({ etag, lastModifiedTime, ...rest }: VectorObject): XmlObject => ({
  ...rest,
  ...(etag !== undefined && { eTag: etag }),
  ...(lastModifiedTime !== undefined && { lastModified: new Date(lastModifiedTime) }),
})
