import fc from 'fast-check'
import { xmlText } from '../../src/bodies/xml-text.js'
import type { ObjectKey } from '../../src/items.js'
import { json } from './json-syntax.js'
import { xml } from './xml-syntax.js'

/** What the answers that are made up from nothing answer. */
export const ITEMS: readonly ObjectKey[] = [
  ...['a', 'b', 'A', ' a', 'a\r\nb', 'ü', '&amp;', '__proto__'],
  ...['1', '2'].map((versionId) => ({ key: 'v', versionId })),
  { key: 'w', versionId: '1' },
]

const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b', ' a', 'a\r\nb', 'ü', '&amp;', 'v', 'w', 'x', '') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
)
const version = fc.constantFrom('1', '2', 'null', '')
const seldom = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { freq: 4, nil: undefined })
const often = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { freq: 1, nil: undefined })

const odd = fc.constantFrom(...xml.odd)
/** Mostly the first, seldom what belongs nowhere. */
const mostly = <Value>(usual: fc.Arbitrary<Value>, unusual: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: unusual })
const anyName = fc.constantFrom(...xml.names)
const nothing = fc.constant('')
const space = fc.constantFrom('', '', '', '\n', ' ', '\t\r\n')
const field = (name: string, text: fc.Arbitrary<string>) =>
  fc
    .tuple(mostly(fc.constant(name), anyName), text.map(xmlText), mostly(nothing, odd), space)
    .map(([tag, content, extra, gap]) => `<${tag}>${content}${extra}</${tag}>${gap}`)
const element = fc
  .tuple(
    mostly(fc.constantFrom('Deleted', 'Deleted', 'Deleted', 'Error'), anyName),
    space,
    mostly(
      fc
        .tuple(field('Key', key), fc.option(field('VersionId', version), { nil: '' }))
        .map(([name, versionId]) => [name, versionId]),
      fc.array(
        fc.oneof(field('Key', key), field('VersionId', version), field('Code', fc.constantFrom('SlowDown', ''))),
        {
          maxLength: 3,
        },
      ),
    ),
    mostly(nothing, odd),
  )
  .map(([tag, gap, fields, extra]) => `<${tag}>${gap}${fields.join('')}</${tag}>${extra}`)

/** Documents that may well be an answer to DeleteObjects. */
const xmlDocument = fc
  .tuple(
    fc.constantFrom(
      '',
      '',
      '\n',
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<?xml version="1.1"?>',
      '\ufeff',
      '<!-- c -->',
    ),
    mostly(fc.constant('DeleteResult'), anyName),
    mostly(fc.constantFrom('', ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', " a='>'"), odd),
    fc.array(mostly(element, odd), { maxLength: 6 }),
    mostly(space, odd),
  )
  .map(([head, root, attribute, elements, tail]) => `${head}<${root}${attribute}>${elements.join('')}</${root}>${tail}`)

const anything = fc.jsonValue({ maxDepth: 2 })
const list = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 9, arbitrary: fc.array(value, { maxLength: 5 }) }, anything, fc.constant(null))
const object = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      {
        key: fc.oneof({ weight: 9, arbitrary: key }, anything),
        versionID: seldom(fc.oneof({ weight: 9, arbitrary: version }, anything)),
        code: seldom(fc.oneof(fc.constantFrom('AccessDenied', 'SlowDown', ''), anything)),
      },
      { requiredKeys: [] },
    ),
  },
  anything,
)

/** Objects that may well be an answer of a batch of a key-value store, or an envelope. */
const jsonDocument = fc
  .oneof(
    fc.record(
      {
        RequestId: fc.constant('r'),
        SuccessKeys: list(fc.oneof({ weight: 20, arbitrary: key }, anything)),
        FailKeys: often(list(fc.oneof({ weight: 20, arbitrary: key }, anything))),
        Code: seldom(fc.oneof(fc.constantFrom('InternalError', 'Throttling.Api', 'OK'), anything)),
        code: seldom(anything),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        statusCode: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(800, '800', 900, 'CTAPI_10009') }, anything),
        returnObj: fc.oneof(
          { weight: 9, arbitrary: fc.record({ deleted: list(object), errors: often(list(object)) }) },
          anything,
        ),
        error: seldom(fc.oneof(fc.constantFrom('SlowDown', 'NoSuchBucket'), anything)),
        message: seldom(anything),
        eopErrCode: seldom(anything),
      },
      { requiredKeys: ['statusCode'] },
    ),
    fc.jsonValue(),
  )
  .map((value) => JSON.stringify(value))

const junk = (syntax: { readonly odd: readonly string[] }) =>
  fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.constantFrom(...syntax.odd), { maxLength: 8 })
      .map((pieces) => new TextEncoder().encode(pieces.join(''))),
  )

const bodies = (
  documents: fc.Arbitrary<string>,
  syntax: { readonly odd: readonly string[] },
): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 9, arbitrary: documents.map((text) => new TextEncoder().encode(text)) },
    { weight: 1, arbitrary: junk(syntax) },
  )

/** Bodies that no store wrote. */
export const BODIES = new Map([
  [xml, bodies(xmlDocument, xml)],
  [json, bodies(jsonDocument, json)],
])
