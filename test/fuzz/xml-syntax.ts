import type { Part, Syntax } from './mutations.js'

const TOKEN = /<(\/?)([^\s<>/!?]+)[^<>]*?(\/?)>|[^<>]+/g

/** Elements with their tags, and texts between tags. */
function parts(text: string): Part[] {
  const found: Part[] = []
  const open: { readonly from: number; readonly name: readonly [number, number] }[] = []
  for (const { 0: whole, 1: slash, 2: name, 3: closed, index: from } of text.matchAll(TOKEN)) {
    const to = from + whole.length
    if (name === undefined) {
      found.push({ from, to, names: [] })
      continue
    }
    const start = from + 1 + (slash ?? '').length
    const range = [start, start + name.length] as const
    if (slash === '' && closed === '') open.push({ from, name: range })
    else if (slash === '') found.push({ from, to, names: [range] })
    else {
      const opening = open.pop()
      if (opening) found.push({ from: opening.from, to, names: [opening.name, range] })
    }
  }
  return found
}

const deep = (times: number, before: string, after: string) => [before.repeat(times), after.repeat(times)] as const

export const xml: Syntax = {
  parts,
  separator: '',
  names: [
    'Deleted',
    'Error',
    'Key',
    'VersionId',
    'DeleteMarker',
    'DeleteMarkerVersionId',
    'Code',
    'Message',
    'DeleteResult',
  ].concat([
    'deleted',
    'error',
    'x:Key',
    'ns2:Deleted',
    'ns2:Error',
    'Errors',
    'Ke',
    'key',
    '__proto__',
    'constructor',
    'html',
  ]),
  wraps: [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?x ', '?>'],
    ['<x>', '</x>'],
    ['<Deleted>', '</Deleted>'],
    ['<Deleted><Key>', '</Key></Deleted>'],
    ['<Error>', '</Error>'],
    ['<Key>', '</Key>'],
    ['<DeleteResult>', '</DeleteResult>'],
    [' ', '\n'],
    ['\ufeff', ''],
    ['<!DOCTYPE x [<!ENTITY y "', '">]>'],
    deep(40, '<Deleted>', '</Deleted>'),
    deep(300, '<a>', '</a>'),
  ],
  odd: [
    ...[
      '<!-- c -->',
      '<!--',
      '-->',
      '<!-- <Key>a</Key> -->',
      '<![CDATA[',
      ']]>',
      '<![CDATA[<b>&amp;]]>',
      '<?p x?>',
      '<?p',
      '?>',
    ],
    ...['<?xml version="1.0"?>', '<?xml version="1.1"?>', '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml?>'],
    ...[
      '<!DOCTYPE x>',
      '<!DOCTYPE DeleteResult [<!ENTITY a "b"><!ELEMENT Key ANY>]>',
      '<!DOCTYPE html>',
      '<!ENTITY a "b">',
    ],
    ...[
      '&a;',
      '&amp;',
      '&lt;',
      '&#60;',
      '&#x3c;',
      '&#x61;',
      '&#097;',
      '&#1;',
      '&#0;',
      '&#13;',
      '&#xD800;',
      '&#x110000;',
      '&#;',
    ],
    ...[
      '&nbsp;',
      '&amp',
      '&',
      '&#38;#97;',
      '&constructor;',
      '&#x1F600;',
      '<',
      '>',
      '"',
      "'",
      '/',
      '=',
      ']]',
      '\0',
      '\x01',
      '\ufffe',
    ],
    ...['\r', '\r\n', '\t', ' ', '\u0085', '\u2028', '\u00a0', '\ufeff', '\u200b', '\u0301', '\ud800', '\udc00'],
    ...[
      '<Deleted><Key>a</Key></Deleted>',
      '<Error><Key>a</Key><Code>AccessDenied</Code></Error>',
      '<Error/>',
      '<Deleted/>',
    ],
    ...[
      '<Key>a</Key>',
      '<Key>',
      '</Key>',
      '<Key/>',
      '<Deleted>',
      '</Deleted>',
      '<Error>',
      '</Error>',
      '<Code>SlowDown</Code>',
    ],
    ...[
      '<VersionId>v</VersionId>',
      '<VersionId>null</VersionId>',
      '<DeleteMarker>true</DeleteMarker>',
      '<x/>',
      '</x>',
      '< x>',
    ],
    ...[
      '<DeleteResult>',
      '</DeleteResult>',
      '<DeleteResult/>',
      ' xmlns="x"',
      ' a="b" a="b"',
      ' x:y="z"',
      ' a=b',
      ' a="<"',
      ' a="&b;"',
    ],
    ...[
      `<a b="${'c'.repeat(9000)}"/>`,
      ` ${'d'.repeat(9000)}="e"`,
      ' f="g"'.repeat(500),
      'h'.repeat(9000),
      ' '.repeat(9000),
    ],
  ],
}
