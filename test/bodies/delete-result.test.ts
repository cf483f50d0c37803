import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DeleteAnswer, readAnyResult, readDeleteResult } from '../../src/bodies/delete-result.js'
import { deleteXml, objectXml } from '../../src/bodies/delete-xml.js'
import { isPlainEcho, readPlainResult } from '../../src/bodies/plain-result.js'
import { decodeReferences, isXmlText, xmlText } from '../../src/bodies/xml-text.js'
import { isWellFormed, utf8 } from '../../src/bytes.js'

// Not imported: the bundler's JSON reader refuses the lone surrogates in it.
const vectorsUrl = new URL('../vectors/delete-xml.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')) as typeof import('../vectors/delete-xml.json')

const read = async (source: string): Promise<DeleteAnswer> => readDeleteResult(utf8(source))
const keys = (answer: DeleteAnswer | undefined) =>
  answer?.kind === 'result' ? answer.deleted.map((entry) => entry.key) : answer?.kind
const oneKey = (content: string) => `<DeleteResult><Deleted><Key>${content}</Key></Deleted></DeleteResult>`

/** Null stands for undefined in the vectors, and the reason of a malformed body may be any. */
function expectAnswer(answer: DeleteAnswer, expected: { kind: string }) {
  const plain = JSON.parse(JSON.stringify(expected), (_, value) => (value === null ? undefined : value))
  if (expected.kind === 'result' || expected.kind === 'empty')
    expect({ ...answer, holdsMore: undefined }).toEqual(plain)
  else expect(answer).toMatchObject(plain)
}

describe('vectors', () => {
  for (const { name, body, expected } of vectors.decode) {
    it(`reads ${name}`, async () => expectAnswer(await read(body), expected))
    it(`reads ${name} without the plain reader`, async () => {
      if (expected.kind !== 'empty') expectAnswer(await readAnyResult(body.replace(/^\ufeff/, '')), expected)
    })
    it(`reads ${name} plainly, or not at all`, () => {
      const answer = readPlainResult(body)
      if (answer !== undefined) expectAnswer(answer, expected)
    })
  }

  it('are read plainly where they are plain', () => {
    const named = vectors.decode.filter((vector) => readPlainResult(vector.body) !== undefined).map(({ name }) => name)
    expect(named).toEqual([
      'single-element',
      'many-in-order',
      'only-errors',
      'open-close-root-no-namespace',
      'error-without-key',
      'version-null',
      'numeric-version',
      'delete-marker-created',
      'delete-marker-false-padded',
      'ncloud-partial',
      'pretty-printed',
      'other-namespace',
      'numeric-like-keys',
      'object-member-keys',
      'whitespace-keys',
      'predefined-entities',
      'go-style-escapes',
      'emoji-forms',
      'control-character-reference',
      'same-key-two-versions',
    ])
  })

  for (const { name, head, unit, count, tail, expectedKey } of vectors.generated) {
    const fill = (template: string, index: number) =>
      template
        .replace(/\{(\d+)\*([^}]*)\}/g, (_, times: string, part: string) => part.repeat(Number(times)))
        .replaceAll('{i}', String(index))
    const indexes = Array.from({ length: count }, (_, index) => index)
    const source = head + indexes.map((index) => fill(unit, index)).join('') + tail
    const expected = indexes.map((index) => fill(expectedKey, index))

    it(`reads ${name}`, async () => {
      expect(keys(readPlainResult(source))).toEqual(expected)
      expect(keys(await readAnyResult(source))).toEqual(expected)
    })
  }

  for (const { name, body, expected } of vectors.errorResponses) {
    it(`reads the error of ${name}`, async () => {
      const answer = await read(body)
      const { code, serverTime } = answer.kind === 'error' ? answer : {}
      expect({ code: code ?? null, serverTime }).toEqual({
        code: expected.code,
        serverTime: 'serverTime' in expected ? expected.serverTime : undefined,
      })
    })
  }

  it('have the region of an error', async () => {
    const vector = vectors.errorResponses.find(({ name }) => name === 'wrong-scope-region')
    expect(await read(vector?.body ?? '')).toMatchObject({ kind: 'error', region: 'ap-northeast-2' })
  })
})

describe('an error document', () => {
  it('is trimmed, and what is empty is left out', async () => {
    const source = '<Error><Code> C </Code><Message></Message><RequestId>\nR\n</RequestId><Code>D</Code></Error>'
    expect(await read(source)).toEqual({ kind: 'error', code: 'C', requestId: 'R' })
  })
})

describe('an answer', () => {
  it.each([
    ['two keys', 'a</Key><Key>b'],
    ['the same key twice', 'a</Key><Key>a'],
    ['a key and an empty one', 'a</Key><Key/><Key>'],
    ['two versions', 'a</Key><VersionId>1</VersionId><VersionId>2</VersionId><Size>0'],
    ['a key inside a key', 'a<Key>b</Key>'],
    ['an element inside a key', 'a<x>b</x>c'],
    ['an error code beside the key', 'a</Key><Code>AccessDenied</Code><Size>0'],
    ['an error beside the key', 'a</Key><Error><Key>a</Key></Error><Size>0'],
  ])('that is ambiguous, with %s in a deletion, is malformed', async (_, content) => {
    const source = oneKey(content).replace('0</Key>', '0</Size>')
    expect(readPlainResult(source)).toBeUndefined()
    expect(await read(source)).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(/in|error/) })
  })

  it.each([
    ['an entry of another kind', '<Errors><Key>a</Key></Errors>', true],
    ['text', '&lt;Error&gt;', true],
    ['text in a section', '<![CDATA[<Error/>]]>', true],
    ['a comment', '<!-- <Error/> -->', undefined],
    ['a value of another kind', '<RequestId>1</RequestId><x/>', undefined],
    ['white space', ' \r\n\t', undefined],
  ])('says whether it holds more than is known: %s', async (_, content, holdsMore) => {
    const answer = await read(`<DeleteResult><Deleted><Key>a</Key></Deleted>${content}</DeleteResult>`)
    expect(answer).toStrictEqual({
      kind: 'result',
      deleted: [{ key: 'a' }],
      errors: [],
      ...(holdsMore && { holdsMore }),
    })
  })

  it.each([
    '<?xml version="1.1"?>',
    '<?xml?>',
    '<?xml encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<?xml version="1.0" encoding="TF-8"?>',
    '<?xml version="1.0" a="b"?>',
    ' <?xml version="1.0"?>',
    '<?x?l y?>',
    '<!-- c --><?xml version="1.0"?>',
    '<?xml version="1.0"?><?xml version="1.0"?>',
  ])('that begins with %s is malformed', async (head) => {
    const source = head + oneKey('a')
    expect(readPlainResult(source)).toBeUndefined()
    expect(await read(source)).toMatchObject({ kind: 'malformed' })
  })

  it.each([
    '<?xml version="1.0"?>',
    "<?xml version='1.0' encoding='utf-8'?>",
    '<?xml version="1.0" encoding="utf8" standalone="yes"?>',
    '<!-- c -->',
  ])('may begin with %s', async (head) => {
    expect(keys(await read(head + oneKey('a')))).toEqual(['a'])
  })

  it('leaves out an empty version, as Ceph writes it, but no empty message', async () => {
    const fields = '<Key> k </Key><VersionId></VersionId><Code> C </Code><Message> </Message>'
    const deleted = '<Deleted><Key> k </Key><VersionId></VersionId></Deleted>'
    const source = `<DeleteResult><Error>${fields}</Error>${deleted}</DeleteResult>`
    const errors = [{ key: ' k ', code: 'C', message: '' }]
    const answer = { kind: 'result', deleted: [{ key: ' k ' }], errors }
    expect(readPlainResult(source)).toStrictEqual(answer)
    expect(await readAnyResult(source)).toStrictEqual(answer)
    expect(readPlainResult(source.replace(/<Code>.*?<.Deleted>/, ''))).toBeUndefined()
  })

  it.each([
    ['true', true],
    [' True\n', true],
    ['FALSE', false],
  ])('takes a delete marker of %j', async (written, deleteMarker) => {
    const source = `<DeleteResult><Deleted><DeleteMarker>${written}</DeleteMarker><Key>a</Key></Deleted></DeleteResult>`
    const answer = { kind: 'result', deleted: [{ key: 'a', deleteMarker }], errors: [] }
    expect(readPlainResult(source)).toEqual(answer)
    expect(await readAnyResult(source)).toEqual(answer)
  })

  it('is plain whatever white space is between its elements', () => {
    for (const gap of ['', ' ', '\n\n', '\t \n'])
      for (const [entry, key] of [
        ['<Deleted>_<Key>k1</Key>_</Deleted>', 'k1'],
        ['<Deleted>_<VersionId/>_<Key>k1</Key>_</Deleted>', undefined],
        ['<Deleted>_<Key>k1</Key>_<VersionId>v</VersionId>_</Deleted>', 'k1'],
      ] as const) {
        const source = `_<DeleteResult>_${entry}_${entry}_</DeleteResult>_`.replaceAll('_', gap)
        const keysRead = readPlainResult(source)?.deleted.map((deleted) => deleted.key)
        expect(keysRead).toEqual(key && [key, key])
      }
  })

  it('is trimmed but for its keys, and has no member for what is absent', async () => {
    const deleted = '<Deleted><Key> a </Key><DeleteMarkerVersionId>\n1\t</DeleteMarkerVersionId></Deleted>'
    const source = `<DeleteResult>${deleted}<Error><Key> b </Key></Error></DeleteResult>`
    const answer = { kind: 'result', deleted: [{ key: ' a ', deleteMarkerVersionId: '1' }], errors: [{ key: ' b ' }] }
    expect(readPlainResult(source)).toStrictEqual(answer)
    expect(await readAnyResult(source)).toStrictEqual(answer)
  })

  it('is read by whole tags only', async () => {
    const source = oneKey(
      'a</Key><DeleteMarkerVersionId>1</DeleteMarkerVersionId><VersionId> 2 </VersionId><Key2>b',
    ).replace('b</Key>', 'b</Key2>')
    expect(await read(source)).toEqual({
      kind: 'result',
      deleted: [{ key: 'a', versionId: '2', deleteMarkerVersionId: '1' }],
      errors: [],
    })
  })

  it.each([
    ['a\r<!-- c -->\nb', 'a\n\nb'],
    ['<![CDATA[\r\n&#13;]]>', '\n&#13;'],
    ['<!-- <Key>x</Key> -->', ''],
    ['a<?p x="?>b', 'ab'],
    ['<![CDATA[<!-- a -->]]>', '<!-- a -->'],
    ['<!-- <![CDATA[ -->a', 'a'],
    ['<![CDATA[]]]]><![CDATA[>]]>', ']]>'],
    ['a\ue000b\ue001', 'a\ue000b\ue001'],
    ['<!-- <![CDATA[ -->&#1;<![CDATA[&#1;\x01]]>]]>&#xe000;&#xe002;', '\x01&#1;\x01]]>\ue000\ue002'],
    ['&#xe000;&#1;\x01\uffff&#xffff;', '\ue000\x01\x01\uffff\uffff'],
    ['a]]>b', 'a]]>b'],
    ['&#x10FFFF;&#00065;&#0;', '\u{10ffff}A\0'],
    ['\ufeff', '\ufeff'],
  ])('may hold %j', async (content, key) => {
    expect(keys(await read(oneKey(content)))).toEqual([key])
    expect(keys(await readAnyResult(oneKey(content)))).toEqual([key])
  })

  it.each([
    '<x:constructor a="1"/><prototype/><__proto__><Key/></__proto__><hasOwnProperty/>',
    '<__proto__ x="/">b</__proto__>',
    '<x b="&quot;>c"/>',
    '<Owner><Key>b</Key></Owner>',
  ])('may hold %s beside a key', async (other) => {
    for (const [before, after] of [
      [other, ''],
      ['', other],
    ]) {
      const entry = `<Deleted>${before}<Key>a</Key>${after}</Deleted>`
      expect(keys(await read(`<DeleteResult>${entry}</DeleteResult>`))).toEqual(['a'])
    }
  })

  const root = '<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>'
  it.each([
    `${root}${root}`,
    `${root}<DeleteResult/>`,
    `<DeleteResult/>${root}`,
    '<DeleteResult/><DeleteResult/>',
    `${root}junk`,
    '<DeleteResult/>junk',
    '<DeleteResult/>junk<!-- c -->',
    `junk${root}`,
    `<!-- c -->junk${root}`,
    `<![CDATA[junk]]>${root}`,
    `<![CDATA[]]>${root}`,
    `${root}<![CDATA[\n]]>`,
    `&#32;${root}`,
    `${root}&#10;`,
    `${root}&lt;`,
    `\u00a0${root}`,
    `\ufeff\ufeff${root}`,
    `<!DOCTYPE DeleteResult>${root}`,
    `${root}</DeleteResult>`,
    `${root}</document>`,
    `</document>${root}<document>`,
    `</document>${root}<document/>`,
    `<x></x/>${root}`,
    '<DeleteResult></DeleteResult/></DeleteResult>',
    '<DeleteResult><Deleted></x/></Deleted></DeleteResult>',
    '<DeleteResult',
    '<DeleteResult/',
    '<DeleteResult><Deleted/>',
    '<DeleteResult a="></DeleteResult>',
    '<DeleteResult a=b></DeleteResult>',
    `${root}<!-- c`,
    `${root}<?p`,
    `${root}<![CDATA[`,
    oneKey('<!-- c'),
    oneKey('<!-->'),
    oneKey('<?p'),
    oneKey('<![CDATA[a'),
    oneKey('a<!x>b'),
    oneKey('<![x[b]]>'),
    oneKey('<!ELEMENT Key ANY>'),
    oneKey('&am<!-- c -->p;'),
    oneKey('&am<![CDATA[p;]]>'),
    oneKey('&am<x/>p;'),
    oneKey('a & b'),
    oneKey('&'),
    oneKey('&amp'),
    oneKey('&;'),
    oneKey('&#;'),
    oneKey('&#x;'),
    oneKey('&#X41;'),
    oneKey('&#xD800;'),
    oneKey('&#xD83D;&#xDE00;'),
    oneKey('&#x110000;'),
    oneKey(`&#${'9'.repeat(400)};`),
    oneKey('&constructor;'),
    oneKey('a < b'),
    '<deleteresult/>',
    '\0',
    '\u00a0',
  ])('is malformed: %s', async (source) => {
    expect(readPlainResult(source)).toBeUndefined()
    expect(await read(source)).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(/./) })
  })

  it('may be nested deep, or long without an end, and is malformed in good time', async () => {
    for (const source of [
      '<a>',
      '<!--',
      '<?',
      '<![CDATA[',
      '&',
      '<a ',
      '</',
      '<',
      '<a b="',
      ' <',
      '<DeleteResult><Deleted>',
    ]) {
      for (const around of ['', '<DeleteResult><Deleted><Key>', '<DeleteResult> ', '<?xml ']) {
        expect((await read(around + source.repeat(200_000))).kind).toBe('malformed')
      }
    }
    const deep = '<DeleteResult>'.repeat(100_000) + '</DeleteResult>'.repeat(100_000)
    expect((await read(deep)).kind).toBe('malformed')
    expect((await read(`<DeleteResult>${' '.repeat(1e6)}<x/>`)).kind).toBe('malformed')
    expect(keys(await read(oneKey(`<!--${'- '.repeat(2e6)}-->a`)))).toEqual(['a'])
  })

  it('quotes nothing of what it could not read', async () => {
    for (const source of [
      '<secret/>',
      '<DeleteResult><secret></DeleteResult>',
      '<DeleteResult secret=secret/>',
      '<secret',
    ])
      expect(await read(source)).toMatchObject({ kind: 'malformed', reason: expect.not.stringContaining('secret') })
  })

  it('must be UTF-8, and one that is not does no harm to the next', async () => {
    const [before, after] = [utf8('\ufeff<DeleteResult><Deleted><Key>a'), utf8('</Key></Deleted></DeleteResult>')]
    const body = (...bytes: number[]) => readDeleteResult(new Uint8Array([...before, ...bytes, ...after]))
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      expect(await body(...bytes)).toEqual({ kind: 'malformed', reason: 'not UTF-8' })
      expect(keys(await body(0xc3, 0xbc))).toEqual(['aü'])
    }
    const utf16 = [0xff, 0xfe, ...[...oneKey('a')].flatMap((char) => [char.charCodeAt(0), 0])]
    expect(await readDeleteResult(new Uint8Array(utf16))).toEqual({ kind: 'malformed', reason: 'not UTF-8' })
  })

  it('is empty when it is a byte-order mark', async () => expect(await read('\ufeff')).toEqual({ kind: 'empty' }))

  it('is never thrown at', async () => {
    const body = deleteXml(['a', 'b&c'].map(objectXml), true)
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(body.length),
        fc.boolean(),
        async (junk, at, isAlone) => {
          const bytes = isAlone ? junk : [...body.slice(0, at), ...junk, ...body.slice(at)]
          expect((await readDeleteResult(new Uint8Array(bytes))).kind).toMatch(/^(result|empty|error|malformed)$/)
        },
      ),
    )
  })
})

describe('an answer that lists just what was asked', () => {
  const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
  const entries = (...listed: string[]) => listed.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')
  const echoes = (source: string) => isPlainEcho(utf8(source), ['a', 'b'])

  it.each([
    `${HEAD}${entries('a', 'b')}</DeleteResult>`,
    `<DeleteResult>${entries('a', 'b')}</DeleteResult>`,
    ` \n<DeleteResult>${entries('a', 'b')}\n</DeleteResult>\n`,
    `<DeleteResult>${entries('&#97;', '&#x00062;')}</DeleteResult>`,
  ])('is told from all others: %s', (source) => {
    expect(echoes(source)).toBe(true)
  })

  it.each([
    '',
    '<DeleteResult></DeleteResult>',
    entries('a', 'b'),
    `${HEAD}${entries('a')}</DeleteResult>`,
    `${HEAD}${entries('b', 'a')}</DeleteResult>`,
    `${HEAD}${entries('a', 'b', 'c')}</DeleteResult>`,
    `${HEAD}${entries('a', 'b')}`,
    `${HEAD}${entries('a', 'b')}</DeleteResult`,
    `${HEAD}${entries('a', 'b')}</DeleteResult><x/>`,
    `${HEAD}${entries('a', 'b')}<Error><Key>a</Key></Error></DeleteResult>`,
    `${HEAD}<Error><Key>a</Key></Error>${entries('a', 'b')}</DeleteResult>`,
    `${HEAD}${entries('a')}\n${entries('b')}</DeleteResult>`,
    `x${HEAD}${entries('a', 'b')}</DeleteResult>`,
    `\ufeff${HEAD}${entries('a', 'b')}</DeleteResult>`,
    `${HEAD.replace('3.org', 'é.org').replace('amazonaws', 'ämazonaws')}${entries('a', 'b')}</DeleteResult>`,
    `${HEAD}${entries('a', 'b').replace('b<', 'b\ufeff<')}</DeleteResult>`,
    `${HEAD}${entries('&#97;', '&#98;')}<Error><Key>a</Key></Error></DeleteResult>`,
    `${HEAD}${entries('a&lt;/Key>&lt;/Deleted>&lt;Deleted>&lt;Key>b')}</DeleteResult>`,
    `${HEAD}${entries('&#97', 'b')}</DeleteResult>`,
    `${HEAD}${entries('&#97;', 'b').replace('<Deleted>', '<&#68;eleted>')}</DeleteResult>`,
    `${HEAD}${entries('&#97;', 'b').replace('</Deleted><', '</Deleted&#62;<')}</DeleteResult>`,
    `${HEAD}${entries('&#97;', 'b')}&#32;</DeleteResult>`,
    `${HEAD}${entries('&#97;', 'b')}</DeleteResult>&#32;`,
    `${HEAD}${entries('&#97;', 'b')}\r</DeleteResult>`,
    `<Error>${entries('a', 'b')}</Error>`,
    `<!--${HEAD}${entries('a', 'b')}</DeleteResult>-->`,
    `${HEAD}<!--${entries('a', 'b')}--></DeleteResult>`,
  ])('is no other: %s', (source) => {
    expect(echoes(source)).toBe(false)
  })

  const versions = [
    { key: 'a', versionId: '1' },
    { key: 'a', versionId: '2' },
  ]
  const withVersions = (...listed: string[]) =>
    listed.map((id) => `<Deleted><Key>a</Key><VersionId>${id}</VersionId></Deleted>`).join('')

  it('lists versions where they were asked for, and the keys of objects', () => {
    const answer = (list: string) => utf8(`${HEAD}${list}</DeleteResult>`)
    expect(isPlainEcho(answer(withVersions('1', '2')), versions)).toBe(true)
    expect(isPlainEcho(answer(entries('a', 'b')), [{ key: 'a' }, 'b'])).toBe(true)
    const others = [withVersions('2', '1'), withVersions('1'), entries('a', 'a'), `${withVersions('1', '2')}<x/>`]
    for (const list of others) expect(isPlainEcho(answer(list), versions), list).toBe(false)
    expect(isPlainEcho(answer(withVersions('1', '2')), ['a', 'a'])).toBe(false)
    const marker = '<DeleteMarker>true</DeleteMarker></Deleted>'
    const marked = withVersions('1', '2').replaceAll('</Deleted>', marker)
    expect(isPlainEcho(answer(marked), versions)).toBe(false)
  })

  it('is not one of other keys, which look the same with their references', () => {
    const answer = (key: string) => utf8(`${HEAD}${entries(key)}</DeleteResult>`)
    for (const [key, spelt] of [
      ['&amp;', '&amp;amp;'],
      ['&#97;', '&amp;#97;'],
      ['a&b', 'a&amp;b'],
      ['a\rb', 'a&#xD;b'],
    ] as const) {
      expect(isPlainEcho(answer(spelt), [key])).toBe(true)
      expect(isPlainEcho(answer(key), [key]), key).toBe(false)
    }
  })

  it('may write any character as a reference', () => {
    const anyKey = fc.string({ unit: fc.constantFrom(...'&>"\'\t\na~ä語😀amp;#'), minLength: 1, maxLength: 6 })
    const spellings = (char: string) => [
      `&#${char.codePointAt(0)};`,
      `&#x${char.codePointAt(0)?.toString(16)};`,
      { '&': '&amp;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }[char] ?? char,
    ]
    fc.assert(
      fc.property(fc.array(anyKey, { minLength: 1, maxLength: 9 }), fc.nat(), (keys, seed) => {
        const spelt = (key: string) => [...key].map((char, index) => spellings(char)[(seed + index) % 3]).join('')
        const answer = (listed: readonly string[]) => utf8(`${HEAD}${entries(...listed.map(spelt))}</DeleteResult>`)
        expect(isPlainEcho(answer(keys), keys)).toBe(true)
        expect(isPlainEcho(answer([...keys.slice(1), 'z']), keys)).toBe(false)
      }),
    )
  })

  it('is UTF-8', () => {
    const [before, after] = [utf8(`<DeleteResult>${entries('a', 'b')}</DeleteResult>`), new Uint8Array([0xff])]
    expect(isPlainEcho(new Uint8Array([...before, ...after]), ['a', 'b'])).toBe(false)
  })
})

describe('references', () => {
  it.each([
    ['&amp;&lt;&gt;&quot;&apos;', `&<>"'`],
    ['a&#65;&#x42;&#x1f600;b', 'aAB\u{1f600}b'],
    ['&#0;&#x10FFFF;', '\0\u{10ffff}'],
    ['&amp;amp;', '&amp;'],
    ['', ''],
  ])('are replaced once: %j', (text, decoded) => {
    expect(decodeReferences(text)).toBe(decoded)
  })

  it.each([
    '&',
    '&amp',
    '&ampX',
    'a &; b',
    '&x;',
    '&x#65;',
    '&#65x;',
    '&#x;',
    '&#xg;',
    '&#x110000;',
    '&#xd800;',
    '&#xdfff;',
    '&#-1;',
  ])('are none: %s', (text) => {
    expect(decodeReferences(text)).toBeUndefined()
  })

  it('may stand next to characters that are half a surrogate pair when referred to', () => {
    expect(decodeReferences('&#xd7ff;&#xe000;')).toBe('\ud7ff\ue000')
  })
})

const anyText = fc.string({ unit: 'binary', maxLength: 12 }).filter(isXmlText)

describe('the plain reader', () => {
  const optional = fc.option(fc.stringMatching(/^[\w.&<-]{1,9}$/), { nil: undefined })
  const space = fc.constantFrom('', '', '\n', ' \t', '\n  ')

  it('reads what a store writes', () => {
    const entry = fc.record({
      key: anyText,
      version: optional,
      code: optional,
      marker: fc.boolean(),
      isError: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(entry), space, (entries, gap) => {
        const field = (name: string, value: string | undefined) =>
          value === undefined ? '' : `${gap}<${name}>${xmlText(value)}</${name}>`
        const written = entries.map(({ key, version, code, marker, isError }) =>
          isError
            ? `${gap}<Error>${field('Code', code)}${field('Key', key)}${field('VersionId', version ?? '')}${gap}</Error>`
            : `${gap}<Deleted>${field('DeleteMarker', marker ? 'true' : undefined)}${field('Key', key)}${field('VersionId', version)}${gap}</Deleted>`,
        )
        expect(readPlainResult(`${gap}<DeleteResult>${written.join('')}${gap}</DeleteResult>${gap}`)).toEqual({
          kind: 'result',
          deleted: entries
            .filter(({ isError }) => !isError)
            .map(({ key, version, marker }) => ({ key, versionId: version, deleteMarker: marker || undefined })),
          errors: entries
            .filter(({ isError }) => isError)
            .map(({ key, version, code }) => ({ key, versionId: version, code })),
        })
      }),
    )
  })

  const odd = fc.constantFrom(
    ...[
      '<!-- c -->',
      '<![CDATA[<b>&amp;]]>',
      '<?p?>',
      '<x/>',
      '<Key>',
      '</Key>',
      '<Key/>',
      '</Deleted>',
      '<Error>',
      '&',
      '<',
    ],
    ...[
      '&nbsp;',
      '&#xD800;',
      '&#x110000;',
      '&#0;',
      ']]>',
      '\r',
      '\0',
      '>',
      '"',
      '/',
      ' ',
      '\u00a0',
      '\ufeff',
      '&amp',
      ';',
    ],
    ...[
      '</DeleteResult>',
      '<DeleteResult>',
      '<!DOCTYPE x>',
      '<?xml version="1.0"?>',
      'a',
      'xmlns="y"',
      '<Deleted a="b">',
    ],
  )
  const reference = fc.constantFrom(
    '&amp;',
    '&lt;',
    '&gt;',
    '&quot;',
    '&apos;',
    '&#13;',
    '&#x9;',
    '&#128512;',
    '&#x1f600;',
  )
  const plain = anyText.map((text) => text.replace(/[<&\r]/g, ''))
  const content = fc.array(fc.oneof({ weight: 6, arbitrary: plain }, { weight: 3, arbitrary: reference }, odd), {
    maxLength: 3,
  })
  const calm = fc.array(fc.oneof(plain, reference), { maxLength: 3 })
  const field = fc
    .tuple(
      fc.constantFrom('Key', 'VersionId', 'DeleteMarker', 'DeleteMarkerVersionId', 'Code', 'Message', 'Size'),
      fc.oneof({ weight: 9, arbitrary: calm }, content),
      space,
    )
    .map(([name, parts, gap]) => `<${name}>${parts.join('')}</${name}>${gap}`)
  const element = fc
    .tuple(fc.constantFrom('Deleted', 'Deleted', 'Error'), space, fc.array(field, { maxLength: 3 }), space)
    .map(([name, gap, fields, after]) => `<${name}>${gap}${fields.join('')}</${name}>${after}`)
  const document = fc
    .tuple(
      fc.constantFrom('', '', '<?xml version="1.0" encoding="UTF-8"?>', '\n', '<?xml version="1.0"?>\n'),
      fc.constantFrom('<DeleteResult>', '<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'),
      space,
      fc.array(element, { maxLength: 4 }),
      space,
    )
    .map(
      ([declaration, root, gap, elements, end]) =>
        `${declaration}${root}${gap}${elements.join('')}</DeleteResult>${end}`,
    )
  const mutated = fc
    .tuple(document, fc.nat(), fc.nat(), fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 1 })), fc.nat(3))
    .map(([source, from, length, junk, kind]) => {
      const at = from % (source.length + 1)
      if (kind === 0) return source.slice(0, at)
      if (kind === 1) return source.slice(0, at) + source.slice(at + (length % 20))
      return source.slice(0, at) + junk + source.slice(at + (kind === 2 ? 1 : 0))
    })

  it('never answers other than the XML parser', async () => {
    let answers = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(document, mutated), async (source) => {
        const answer = isWellFormed(source) ? readPlainResult(source) : undefined
        if (answer === undefined) return
        answers++
        expect(await readAnyResult(source)).toEqual(answer)
      }),
      { numRuns: 2000 },
    )
    expect(answers).toBeGreaterThan(200)
  })
})

describe('the error document of a whole request', () => {
  const read = (source: string) => readDeleteResult(utf8(source))
  const usual = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SlowDown</Code><Message>Please &amp; thank you</Message><Resource>/b</Resource><RequestId> R1 </RequestId></Error>`

  it('in the usual form needs no parser', () => {
    const answer = { kind: 'error', code: 'SlowDown', message: 'Please & thank you', requestId: 'R1' }
    expect(read(usual)).toMatchObject(answer)
    expect(read(usual.replace('<Error>', '<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'))).toMatchObject(
      answer,
    )
  })

  it.each([
    ['elements inside of others', '<Error><Code>A</Code><Detail><Code>B</Code></Detail></Error>'],
    ['two of one name', '<Error><Code>A</Code><Code>B</Code></Error>'],
    ['an unknown reference', '<Error><Code>A&nope;</Code></Error>'],
    ['a comment', '<Error><!-- c --><Code>A</Code></Error>'],
    ['an attribute', '<Error><Code a="b">A</Code></Error>'],
    ['a prefix', '<s:Error xmlns:s="x"><s:Code>A</s:Code></s:Error>'],
    ['a line end of DOS', '<Error>\r\n<Code>A</Code></Error>'],
    ['text beside elements', '<Error>x<Code>A</Code></Error>'],
    ['something behind it', '<Error><Code>A</Code></Error><Error/>'],
    ['no end', '<Error><Code>A</Code>'],
  ])('with %s is left to the parser', async (_, source) => {
    expect(read(source)).toBeInstanceOf(Promise)
    expect(await read(source)).toEqual(await readAnyResult(source))
  })

  it('is read alike with and without the parser', async () => {
    const piece = fc.constantFrom(
      ...['<Code>', '</Code>', '<Message>', '</Message>', '<Error>', '</Error>', '<RequestId>R</RequestId>'],
      ...[
        'SlowDown',
        ' ',
        '\n',
        '&amp;',
        '&#x41;',
        '&',
        ']]>',
        '<Code/>',
        '<ServerTime>2026-01-01T00:00:00Z</ServerTime>',
      ],
    )
    const documents = fc.array(piece, { maxLength: 8 }).map((pieces) => `<Error>${pieces.join('')}</Error>`)
    await fc.assert(
      fc.asyncProperty(documents, async (source) => {
        const answer = read(source)
        if (!(answer instanceof Promise)) expect(answer).toEqual(await readAnyResult(source))
      }),
      { numRuns: 2_000 },
    )
  })
})
