import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/bytes.js'
import { readDelete } from '../../src/emulator/s3-xml.js'

const read = (document: string) => readDelete(utf8(document))
const keys = (document: string) => read(document).targets.map(({ key }) => key)
const ONE = '<Object><Key>a</Key></Object>'

describe('a Delete document', () => {
  test('is read as clients write it', () => {
    const document = `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="x">${ONE}<Object><Key>b</Key><VersionId>v</VersionId><ETag>"e"</ETag><LastModifiedTime>t</LastModifiedTime><Size>1</Size></Object><Quiet>true</Quiet></Delete>`
    expect(read(document)).toEqual({
      targets: [{ key: 'a' }, { key: 'b', versionId: 'v', eTag: '"e"', lastModified: 't', size: '1' }],
      quiet: true,
    })
  })

  test.each([
    ['quiet first', `<Delete><Quiet>true</Quiet>${ONE}</Delete>`, true],
    ['quiet last', `<Delete>${ONE}<Quiet> True </Quiet></Delete>`, true],
    ['not quiet', `<Delete>${ONE}<Quiet>false</Quiet></Delete>`, false],
    ['quiet in between', `<Delete>${ONE}<Quiet>true</Quiet>${ONE}</Delete>`, true],
    ['neither', `<Delete>${ONE}</Delete>`, false],
  ])('may be %s', (_, document, quiet) => {
    expect(read(document).quiet).toBe(quiet)
  })

  test.each([
    ['blanks between elements', `<Delete>\n  <Object>\n <Key>a</Key>\n</Object>\n</Delete>\n`, ['a']],
    ['comments', `<Delete><!-- one --><Object><Key>a<!-- two -->b</Key></Object></Delete>`, ['ab']],
    ['CDATA', '<Delete><Object><Key>a<![CDATA[<&amp;>]]>b</Key></Object></Delete>', ['a<&amp;>b']],
    ['attributes', '<Delete a="1"><Object b="2"><Key c="3">a</Key></Object></Delete>', ['a']],
    ['another order', '<Delete><Object><VersionId>v</VersionId><Key>a</Key></Object></Delete>', ['a']],
    ['a prefix', '<s:Delete xmlns:s="x"><s:Object><s:Key>a</s:Key></s:Object></s:Delete>', ['a']],
    ['the end of a section in a comment', `<Delete><!-- ]]> -->${ONE}</Delete>`, ['a']],
    ['a declaration', `<?xml version="1.0" encoding="utf-8" standalone="yes" ?>\n<Delete>${ONE}</Delete>`, ['a']],
    ['a byte-order mark', `\ufeff<Delete>${ONE}</Delete>`, ['a']],
    [
      'references',
      '<Delete><Object><Key>&#13;&#x0A;&amp;&#128512;&lt;&quot;&apos;</Key></Object></Delete>',
      ['\r\n&😀<"\''],
    ],
    ['names from the prototype', '<Delete><Object><Key>__proto__</Key></Object></Delete>', ['__proto__']],
    ['blanks in keys', '<Delete><Object><Key> a  b </Key></Object></Delete>', [' a  b ']],
    ['a key of blanks', '<Delete>\n<Object><Key> </Key></Object></Delete>', [' ']],
    ['numbers in keys', '<Delete>\n<Object><Key>007</Key></Object></Delete>', ['007']],
  ])('may have %s', (_, document, expected) => {
    expect(keys(document)).toEqual(expected)
  })

  test.each([
    ['text between elements', `<Delete>text${ONE}</Delete>`],
    ['text behind', `<Delete>${ONE}</Delete>text`],
    ['two roots', `<Delete>${ONE}</Delete><Delete>${ONE}</Delete>`],
    ['another element', `<Delete>${ONE}<Other/></Delete>`],
    ['another element in an object', '<Delete><Object><Key>a</Key><Other/></Object></Delete>'],
    ['two keys in an object', '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'],
    ['elements in a key', '<Delete><Object><Key>a<b/></Key></Object></Delete>'],
    ['small letters', '<delete><object><key>a</key></object></delete>'],
    ['an element of the prototype', '<Delete><Object><__proto__>a</__proto__></Object></Delete>'],
    ['a reference to half a character', '<Delete><Object><Key>&#xD83D;</Key></Object></Delete>'],
    ['a reference beyond Unicode', '<Delete><Object><Key>&#x110000;</Key></Object></Delete>'],
    ['an unknown entity', '<Delete><Object><Key>&nbsp;</Key></Object></Delete>'],
    ['U+FFFE', '<Delete><Object><Key>\ufffe</Key></Object></Delete>'],
    ['the end of CDATA in text', '<Delete><Object><Key>a]]>b</Key></Object></Delete>'],
    ['nothing in it', ''],
    ['a declaration of anything', `<?xml version="1.0" rubbish?><Delete>${ONE}</Delete>`],
    ['another encoding', `<?xml version="1.0" encoding="UTF-16"?><Delete>${ONE}</Delete>`],
    ['two byte-order marks', `\ufeff\ufeff<Delete>${ONE}</Delete>`],
    ['a prefix that stands for nothing', '<s:Delete><s:Object><s:Key>a</s:Key></s:Object></s:Delete>'],
    ['a prefix declared in a comment', `<!-- xmlns:s="x" --><s:Delete>${ONE}</s:Delete>`],
    ['a comment that does not end', `<Delete>${ONE}</Delete><!-- ]]>`],
  ])('may not have %s', (_, document) => {
    expect(() => read(document)).toThrow()
  })

  test.each([
    ['comments', '<!--'.repeat(260_000)],
    ['sections', `<Delete>${'<![CDATA['.repeat(110_000)}`],
    ['prefixes', `<Delete>${Array.from({ length: 60_000 }, (_, index) => `<p${index}:a/>`).join('')}</Delete>`],
  ])('is refused soon, whatever is in it: %s', (_, document) => {
    const started = performance.now()
    expect(() => read(document)).toThrow()
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('may not have bytes that are no UTF-8', () => {
    const document = utf8(`<Delete>${ONE}</Delete>`)
    expect(() => readDelete(document.map((byte) => (byte === 0x61 ? 0xff : byte)))).toThrow()
  })

  test('reads the same in the plain form and in any other', () => {
    const key = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => /^[\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(text))
    const referenced = (text: string) => text.replace(/[&<>\n\t]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`)
    fc.assert(
      fc.property(fc.array(key, { minLength: 1 }), (given) => {
        const objects = given.map((text) => `<Object><Key>${referenced(text)}</Key></Object>`).join('')
        expect(keys(`<Delete>${objects}</Delete>`)).toEqual(given)
        expect(keys(`<Delete> ${objects} </Delete>`)).toEqual(given)
      }),
    )
  })
})
