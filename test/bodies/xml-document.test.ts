import { ParseOption, XmlDocument } from 'libxml2-wasm'
import { describe, expect, it } from 'vitest'
import { readXml } from '../../src/bodies/xml-document.js'
import { verifiedMarkup } from '../../src/bodies/xml-markup.js'

describe('a document is read', () => {
  it('with its elements in order, their text, and nothing else of it', () => {
    const source = `<?xml version="1.0"?>
      <!-- c --><x:root xmlns:x="y" a='1'> t<b>0 1</b>u<c/><b> &lt;2&gt; </b><?p?>v<![CDATA[<w>&amp;]]> </x:root>`
    const element = (name: string, text = '') => ({ name, text, children: [] })
    expect(readXml(source)).toEqual({
      name: 'root',
      text: ' tuv<w>&amp; ',
      children: [element('b', '0 1'), element('c'), element('b', ' <2> ')],
    })
  })

  it.each(['__proto__', 'constructor', 'prototype'])('where an element is called %s', (name) => {
    expect(readXml(`<r><${name}>1</${name}></r>`).children).toMatchObject([{ text: '1', children: [] }])
  })

  it.each(['true', '007', '1e3', '0x1F', ' ', '&amp;lt;'])('with no value guessed at: %j', (text) => {
    expect(readXml(`<r>${text}</r>`).text).toBe(text.replace('&amp;', '&'))
  })

  it.each([
    ['', /one root/],
    ['<!-- c -->', /one root/],
    ['<a/><b/>', /one root/],
    ['<a>', /./],
    ['</a><a>', /./],
    ['x<a/>', /text beside the root/],
    ['<a/>&#32;', /text beside the root/],
    ['<![CDATA[]]><a/>', /other than a tag or text at 0/],
    ['<a b="1" b="2"/>', /two attributes/],
    ['<a b="&c;"/>', /no known character/],
    ['<a>&c;</a>', /no known character/],
    ['<a><!-- -- --></a>', /hyphens/],
    ['<a><!-- c ---></a>', /hyphens/],
    ['<a></a b="c">', /other than a tag or text/],
    ['<a></a/>', /other than a tag or text/],
    ['<a><?xml version="1.0"?></a>', /other than a tag or text at 3/],
    ['<a>< /a>', /other than a tag or text at 3/],
    ['<1/>', /other than a tag or text at 0/],
    ['<a b=c/>', /other than a tag or text at 0/],
    ['<a b="<"/>', /other than a tag or text at 0/],
    ['<a b="1"c="2"/>', /other than a tag or text at 0/],
    ['<!DOCTYPE a><a/>', /other than a tag or text at 0/],
  ])('unless it is none, and the reason is told: %s', (source, reason) => {
    expect(() => readXml(source)).toThrow(reason)
  })
})

describe('markup is verified', () => {
  it.each([
    ['<?xml version="1.0"?><a/>', '<a/>'],
    [`<?xml\n version = '1.0'\tencoding="Utf8" standalone='no' ?>\n<a/>`, '\n<a/>'],
    ['<?xml version="1.0" encoding="UTF-8"?><a/>', '<a/>'],
    ['<?xml version="1.0" standalone="yes"?><a/>', '<a/>'],
    ['<?xml-x version="2.0"?><a/>', '<a/>'],
    ['<?p?><?p a ? b?><!----><!-- a - b --><a/>', '<a/>'],
    ['<a\n b = "1>2"  c:d.e-f=\'"&quot;\' />', '<a/>'],
    ['<ä·1 b="ü"></ä·1 >', '<ä·1></ä·1>'],
    ['<a>]]>\r\n\r&#13;<![CDATA[]]]]><![CDATA[>\r\n<&]]></a>', '<a>]]&gt;\n\n&#13;]]&gt;&#xA;&lt;&amp;</a>'],
    ['<a><b/>x<b></b></a>', '<a><b/>x<b></b></a>'],
  ])('and what is left of %j is %j', (source, markup) => {
    expect(verifiedMarkup(source)).toBe(markup)
  })

  it.each([
    '<?xml version="1.1"?><a/>',
    '<?xml version="1.0" encoding="UTF-16"?><a/>',
    '<?xml version="1.0" encoding="xUTF-8"?><a/>',
    '<?xml version="1.0" standalone="maybe"?><a/>',
    '<?xml version="1.0"encoding="UTF-8"?><a/>',
    '<?xml standalone="yes" version="1.0"?><a/>',
    ' <?xml version="1.0"?><a/>',
    '<?XML version="1.0"?><a/>',
    '<?p<a/>',
    '<?1?><a/>',
    '<!-- <a/>',
    '<a><![CDATA[</a>',
  ])('and refused where it is not: %s', (source) => {
    expect(() => verifiedMarkup(source)).toThrow(SyntaxError)
  })

  it('with the names that libxml2 reads, but for what the parser would take for whitespace', () => {
    const isRead = (read: () => void): boolean => {
      try {
        read()
        return true
      } catch {
        return false
      }
    }
    const characters = [...Array(0x11000).keys(), 0xeffff, 0xf0000, 0x10ffff]
      .filter((point) => point >= 0x20 && (point < 0xd800 || point > 0xdfff))
      .map((point) => String.fromCodePoint(point))
      .filter((char) => char !== '>')
    const others = characters.flatMap((char) =>
      // libxml2 goes on after a prefix that is not declared.
      [`<r ${char}=""/>`, `<r a${char}=""/>`].filter((source) => {
        const byOther = isRead(() =>
          XmlDocument.fromString(source, { option: ParseOption.XML_PARSE_NOERROR }).dispose(),
        )
        return isRead(() => verifiedMarkup(source)) !== byOther
      }),
    )
    expect(others).toEqual(['\u1680', '\ufeff'].flatMap((char) => [`<r ${char}=""/>`, `<r a${char}=""/>`]))
  })

  const elements = (count: number) => `<r>${'<a/>'.repeat(count)}</r>`
  const attributes = (count: number) => `<r${Array.from({ length: count }, (_, at) => ` a${at}=""`).join('')}/>`
  it.each([
    ['elements', 99_999, elements],
    ['attributes', 100_000, attributes],
    ['references', 1_100_000, (count: number) => `<r>${'&lt;'.repeat(count)}</r>`],
    ['line ends', 1_100_000, (count: number) => `<r>${'\r'.repeat(count)}</r>`],
  ])('up to a number of %s', (_, most, document) => {
    expect(verifiedMarkup(document(most))).toContain('<r')
    expect(() => verifiedMarkup(document(most + 1))).toThrow(/more .* than an answer has/)
  })
})
