import { DECODERS, type DecoderName } from './decoders.js'

/** How long a decoder takes for an answer and for a longer one of the same kind. */
export type Slope = Readonly<Record<'ms' | 'ms for 8 times as much' | 'times as long', number>>

/** What repeats itself, at the beginning of an answer, within it, or instead of it. */
const XML = [
  '<',
  '</',
  '<a>',
  '<a ',
  '<a b="',
  '<a/>',
  '<!--',
  '<!---->',
  '<?',
  '<![CDATA[',
  '<![CDATA[]]>',
  ']]>',
  '&',
  '&a',
  '&#',
]
  .concat([
    '&amp;',
    '&#1;',
    '\r',
    '\r\n',
    ' ',
    ' <',
    ' a=""',
    '"',
    '\u0001',
    '\ue000',
    'x:',
    '<Deleted>',
    '<Deleted/>',
    '<Key>',
  ])
  .concat([
    '<Deleted><Key>a</Key></Deleted>',
    '<Error><Key>a</Key></Error>',
    '<Deleted> ',
    '<Deleted><Key>&lt;',
    '<VersionId></VersionId>',
  ])
const AROUND_XML = [
  ['', ''],
  ['<DeleteResult>', '</DeleteResult>'],
  ['<DeleteResult><Deleted><Key>', '</Key></Deleted></DeleteResult>'],
  ['<DeleteResult xmlns="', '"/>'],
  ['<?xml ', '?><DeleteResult/>'],
  ['<Error><Code>', '</Code></Error>'],
] as const
const JSON_TEXTS = [
  '[',
  ']',
  '{',
  '{"a":',
  '"',
  '\\',
  '"\\',
  '\\u',
  '"a",',
  '[],',
  '{},',
  '{"key":"a"},',
  '0',
  '1e',
  ' ',
  '\ud800',
  '"a":0,',
]
const AROUND_JSON = [
  ['', ''],
  ['{"SuccessKeys":[', '"a"]}'],
  ['{"SuccessKeys":["', '"]}'],
  ['{"statusCode":800,"returnObj":{"deleted":[', '{}]}}'],
  ['{', '"z":0}'],
] as const

const BYTES = 1 << 16

const SHAPES: Readonly<
  Partial<Record<DecoderName, readonly [readonly string[], typeof AROUND_XML | typeof AROUND_JSON]>>
> = {
  's3 DeleteObjects': [XML, AROUND_XML],
  'alibaba-esa BatchDeleteKv': [JSON_TEXTS, AROUND_JSON],
  'ctyun-zos delete-objects': [JSON_TEXTS, AROUND_JSON],
}

/**
 * The steepest of many shapes, for each decoder. A figure and no test: time is not the machine's alone. What grows with the
 * square of the size would take 64 times as long.
 */
export async function growth(): Promise<Record<string, Slope>> {
  const slopes: Record<string, Slope> = {}
  for (const [name, [texts, around]] of Object.entries(SHAPES))
    for (const text of texts)
      for (const [before, after] of around) {
        const body = (bytes: number) => new TextEncoder().encode(before + text.repeat(bytes / text.length) + after)
        const short = await fastest(name as DecoderName, body(BYTES))
        const long = await fastest(name as DecoderName, body(8 * BYTES))
        const times = Number((long / short).toFixed(1))
        if (times <= (slopes[name]?.['times as long'] ?? 0)) continue
        slopes[name] = {
          ms: Number(short.toFixed(2)),
          'ms for 8 times as much': Number(long.toFixed(2)),
          'times as long': times,
        }
      }
  return slopes
}

/** Milliseconds of CPU, of the fastest of some attempts; never less than what a clock can tell. */
async function fastest(name: DecoderName, body: Uint8Array<ArrayBuffer>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 4; attempt++) {
    const before = process.cpuUsage()
    await DECODERS[name].decode({ status: 200, header: () => undefined, body }, ['a', 'b'], {
      quiet: false,
      bypassGovernance: false,
    })
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return Math.max(least, 0.5)
}
