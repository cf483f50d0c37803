import type { Part, Syntax } from './mutations.js'

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g

/** Values, and members with their names. */
function parts(text: string): Part[] {
  const found: Part[] = []
  const open: number[] = []
  /** A string that may turn out to be the name of a member. */
  let last: readonly [number, number] | undefined
  const names: (readonly [number, number] | undefined)[] = [undefined]
  const ended = (from: number, to: number) => {
    const name = names.pop()
    names.push(undefined)
    found.push({ from, to, names: [] })
    if (name) found.push({ from: name[0], to, names: [name] })
  }
  for (const { 0: token, index: from } of text.matchAll(TOKEN)) {
    const to = from + token.length
    if (token === '{' || token === '[') {
      open.push(from)
      names.push(undefined)
    } else if (token === '}' || token === ']') {
      const start = open.pop()
      if (names.length > 1) names.pop()
      if (start !== undefined) ended(start, to)
    } else if (token === ':') {
      if (last) {
        names.pop()
        names.push(last)
        // It was taken for a value.
        found.pop()
      }
    } else if (token !== ',') ended(from, to)
    last = token.startsWith('"') ? [from, to] : undefined
  }
  return found
}

const deep = (times: number, before: string, after: string) => [before.repeat(times), after.repeat(times)] as const

export const json: Syntax = {
  parts,
  separator: ',',
  names: [
    'SuccessKeys',
    'FailKeys',
    'RequestId',
    'Code',
    'code',
    'Message',
    'successKeys',
    'statusCode',
    'returnObj',
    'deleted',
  ]
    .concat([
      'errors',
      'key',
      'versionID',
      'deleteMarker',
      'deleteMarkerVersionID',
      'error',
      'errorCode',
      'eopErrCode',
      'message',
    ])
    .concat(['__proto__', 'constructor', 'toString', 'length', 'toJSON', 'valueOf', ''])
    .map((name) => JSON.stringify(name)),
  wraps: [
    ['[', ']'],
    ['[[', ']]'],
    ['{"key":', '}'],
    ['{"deleted":', '}'],
    ['{"errors":', '}'],
    ['{"0":', ',"length":1}'],
    ['{"toString":', '}'],
    ['{"__proto__":', '}'],
    ['"', '"'],
    ['/*', '*/'],
    ['(', ')'],
    ['\ufeff', ''],
    deep(30, '{"returnObj":', '}'),
    deep(5000, '[', ']'),
  ],
  odd: [
    ...[
      'null',
      'true',
      'false',
      '0',
      '-0',
      '1',
      '800',
      '"800"',
      '[800]',
      '8e2',
      '900',
      '1e999',
      '-1e-999',
      '12345678901234567890123',
    ],
    ...[
      'NaN',
      'Infinity',
      'undefined',
      '01',
      '.5',
      '+1',
      '""',
      '"a"',
      '"\\ud800"',
      '"\\udfff\\ud800"',
      '"\\u0000"',
      '"a\\u0301"',
    ],
    ...[
      '{}',
      '[]',
      '[null]',
      '["a"]',
      '[1]',
      '[{}]',
      '[[]]',
      '{"a":1}',
      '{"toString":1}',
      '{"toString":null,"valueOf":null}',
    ],
    ...[
      '{"key":"a"}',
      '[{"key":"a"}]',
      '[{"key":["a"]}]',
      '{"__proto__":{"key":"a"}}',
      '"\\ud8001:1v"',
      '"\\ud8001:1a"',
    ],
    ...[
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      "'",
      '\\u',
      '\\ud800',
      '\\u0061',
      '//x\n',
      '\n',
      '\r',
      '\t',
      ' ',
      '\0',
      '\ufeff',
      '\u00a0',
    ],
    ...[
      '"Code":"InternalError",',
      '"code":500,',
      '"Code":{},',
      '"FailKeys":[],',
      '"FailKeys":["a"],',
      '"SuccessKeys":["a"],',
    ],
    ...[
      '"statusCode":900,',
      '"statusCode":800,',
      '"errors":[],',
      '"errors":[{"key":"a"}],',
      '"deleted":[{"key":"a"}],',
    ],
    ...[
      '"returnObj":null,',
      '"key":"a",',
      '"__proto__":{"SuccessKeys":["a"]},',
      '"eopErrCode":"1",',
      '"error":"SlowDown",',
    ],
    ...[
      `"${'h'.repeat(9000)}"`,
      '9'.repeat(9000),
      ' '.repeat(9000),
      '\ud800',
      '\udc00',
      '<html>',
      '<Error><Code>InternalError</Code></Error>',
    ],
  ],
}
