import { readFileSync } from 'node:fs'
import { isWellFormed, utf8Length } from '../../src/bytes.js'

// Not imported: the bundler's JSON reader refuses the lone surrogates in it.
const vectorsUrl = new URL('../vectors/delete-xml.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')) as typeof import('../vectors/delete-xml.json')

const OF_OUR_OWN = [
  ...[
    '007',
    ' a ',
    'a&<b',
    'true',
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    '😀',
    '👩‍👩‍👧‍👦',
    '\r',
    '\n',
    '\r\n',
  ],
  ...[
    '&#38;',
    '&amp;',
    '\u00e9',
    'e\u0301',
    '\ufeffmark',
    'a+b',
    'a%2Fb',
    'a%20b',
    '%',
    '?delete',
    'a?b#c',
    'a=b&c=d',
    '*',
    "~!'()",
  ],
  ...[
    'a"b',
    "it's",
    '\\',
    '\\u0041',
    '[1]',
    '{"key":"a"}',
    '/',
    '//',
    '/a',
    'a/',
    '.',
    '..',
    './a',
    '-0',
    '1e3',
    'NaN',
    'a\tb',
    '\t',
  ],
  ...[
    '\u2028',
    '\u2029',
    '\u0085',
    '\u00a0',
    '\u200b',
    '\u202eabc',
    'ß',
    'İ',
    'ﬁ',
    'Å',
    '한글',
    '\u{10ffff}',
    '\ufffd',
    '\u007f',
  ],
]

/** Keys that something on the way might take for something else, and that every store can hold. */
export const hostileKeys = (longestBytes: number): string[] => {
  const longest = ['k', '&', '\u00e9', '😀', '"', '\u0001'].map((unit) => unit.repeat(longestBytes / utf8Length(unit)))
  const known = vectors.encode.map(({ key }) => key)
  return [...new Set([...OF_OUR_OWN, ...longest, ...known])].filter((key) => isKey(key, longestBytes))
}

/** Keys no store can hold, whatever they are. */
export const impossibleKeys = (longestBytes: number): unknown[] => [
  '',
  'x'.repeat(longestBytes + 1),
  `${'\u00e9'.repeat(longestBytes / 2)}x`,
  ...vectors.encode.flatMap(({ key, reason }) => (reason === 'lone-surrogate' ? [key] : [])),
  ...[42, Number.NaN, 7n, true, null, undefined, {}, { key: 7 }, { key: null }, { key: '' }, { key: '\ud83d' }, []],
  ...[['a'], new Date(0), Symbol('key'), Object.create(null), () => 'key'],
]

/** Keys that a careless reader or writer would take for the given one. */
export function lookAlikes(key: string, longestBytes: number): string[] {
  const changed = [
    key.trim(),
    key.trimStart(),
    key.trimEnd(),
    `${key} `,
    ` ${key}`,
    `/${key}`,
    key.slice(1),
    key.slice(0, -1),
    key.toLowerCase(),
    key.toUpperCase(),
    key.normalize('NFC'),
    key.normalize('NFD'),
    key.normalize('NFKC'),
    String(Number(key)),
    key.replaceAll('&amp;', '&').replaceAll('&#38;', '&'),
    key.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    key.replaceAll('\r\n', '\n'),
    key.replaceAll('\r', '\n'),
    key.replaceAll('\n', '\r'),
    key.replace(/[\t\r\n]/g, ' '),
    key.replaceAll('+', ' '),
    key.replaceAll(' ', '+'),
    key.replaceAll('\ufeff', ''),
    key.replace(/[\p{Cc}\p{Zl}\p{Zp}\ufffe\uffff]/gu, ''),
    key.replace(/[^ -~]/gu, '?'),
    key.replace(/[^ -~]/gu, '\ufffd'),
    key.replaceAll('//', '/'),
    decoded(key),
    encodeURIComponent(key),
    JSON.stringify(key),
    JSON.stringify(key).slice(1, -1),
    new URL(`http://host/${key.replace(/[?#%]/g, encodeURIComponent)}`).pathname.slice(1),
  ]
  return [...new Set(changed)].filter((other) => other !== key && isKey(other, longestBytes))
}

const isKey = (key: string, longestBytes: number) => key !== '' && isWellFormed(key) && utf8Length(key) <= longestBytes

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return ''
  }
}
