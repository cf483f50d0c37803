import fc from 'fast-check'

/** A stretch of a text that stands for something: an element, a value, a member. */
export interface Part {
  readonly from: number
  readonly to: number
  /** Where its name is written, one or two times. */
  readonly names: readonly (readonly [from: number, to: number])[]
}

/** What the mutations have to know of XML or JSON. */
export interface Syntax {
  parts(text: string): readonly Part[]
  /** What may have to stand between two parts. */
  readonly separator: string
  readonly names: readonly string[]
  /** What can be put around a part. */
  readonly wraps: readonly (readonly [before: string, after: string])[]
  /** What can be put anywhere. */
  readonly odd: readonly string[]
}

/** One change of an answer. Its numbers choose where and with what, whatever the answer has become by then. */
export interface Mutation<Kind extends string> {
  readonly kind: Kind
  readonly at: number
  readonly other: number
}

type Edit = (text: string, mutation: Mutation<string>, syntax: Syntax) => string

const cut = (text: string, from: number, to: number, put = '') => text.slice(0, from) + put + text.slice(to)
const pick = <Value>(values: readonly Value[], number: number): Value => values[number % values.length] as Value

/** An edit of one part, and of a second one; where there is none the text stays as it is. */
const ofParts =
  (edit: (text: string, part: Part, other: Part, syntax: Syntax, mutation: Mutation<string>) => string): Edit =>
  (text, mutation, syntax) => {
    const parts = syntax.parts(text)
    return parts.length === 0
      ? text
      : edit(text, pick(parts, mutation.at), pick(parts, mutation.other), syntax, mutation)
  }

const dropped = (text: string, { from, to }: Part, { separator }: Syntax) => {
  if (separator === '') return cut(text, from, to)
  if (text.startsWith(separator, to)) return cut(text, from, to + separator.length)
  return text.endsWith(separator, from) ? cut(text, from - separator.length, to) : cut(text, from, to)
}

const TEXT_EDITS = {
  'part dropped': ofParts((text, part, _, syntax) => dropped(text, part, syntax)),
  'part doubled': ofParts((text, { from, to }, _, { separator }) =>
    cut(text, from, from, text.slice(from, to) + separator),
  ),
  'parts swapped': ofParts((text, one, two) => {
    const [first, second] = one.from < two.from ? [one, two] : [two, one]
    if (first.to > second.from) return text
    const [early, late] = [text.slice(first.from, first.to), text.slice(second.from, second.to)]
    return cut(cut(text, second.from, second.to, early), first.from, first.to, late)
  }),
  'part moved': ofParts((text, part, place, syntax) => {
    const moved = text.slice(part.from, part.to) + syntax.separator
    if (place.from >= part.to) return dropped(cut(text, place.from, place.from, moved), part, syntax)
    return place.from < part.from ? cut(dropped(text, part, syntax), place.from, place.from, moved) : text
  }),
  'part copied over another': ofParts((text, { from, to }, other) =>
    cut(text, other.from, other.to, text.slice(from, to)),
  ),
  'part wrapped': ofParts((text, { from, to }, _, { wraps }, { other }) => {
    const [before, after] = pick(wraps, other)
    return cut(text, from, to, before + text.slice(from, to) + after)
  }),
  'part replaced': ofParts((text, { from, to }, _, { odd }, { other }) => cut(text, from, to, pick(odd, other))),
  'part renamed': ofParts((text, { names }, _, syntax, { other }) =>
    names.reduceRight((changed, [from, to]) => cut(changed, from, to, pick(syntax.names, other)), text),
  ),
  'odd text put in': (text, { at, other }, { odd }) => {
    const place = at % (text.length + 1)
    return cut(text, place, place, pick(odd, other))
  },
  'odd text put between parts': ofParts((text, { from }, _, { odd }, { other }) =>
    cut(text, from, from, pick(odd, other)),
  ),
  'characters cut': (text, { at, other }) => cut(text, at % (text.length + 1), (at % (text.length + 1)) + (other % 12)),
  'character replaced': (text, { at, other }) => {
    const place = at % (text.length + 1)
    return cut(text, place, place + 1, String.fromCharCode(other % (other % 3 === 0 ? 0x10000 : 0x80)))
  },
  'text truncated': (text, { at }) => text.slice(0, at % (text.length + 1)),
  'line ends changed': (text, { other }) => text.replaceAll('\n', pick(['\r\n', '\r', '\n\n', '\u2028'], other)),
} satisfies Record<string, Edit>

const splice = (bytes: Uint8Array, at: number, removed: number, put: readonly number[]) =>
  Uint8Array.of(...bytes.subarray(0, at), ...put, ...bytes.subarray(at + removed))

/** Bytes that are not UTF-8, or that say how the rest is encoded. */
const ODD_BYTES = [
  [0xff],
  [0xc3],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0],
]

const BYTE_EDITS = {
  'bit flipped': (bytes, { at, other }) => {
    const place = at % Math.max(bytes.length, 1)
    return splice(bytes, place, 1, [(bytes[place] ?? 0) ^ (1 << (other % 8))])
  },
  'byte dropped': (bytes, { at }) => splice(bytes, at % (bytes.length + 1), 1, []),
  'odd bytes put in': (bytes, { at, other }) => splice(bytes, at % (bytes.length + 1), 0, pick(ODD_BYTES, other)),
  'odd bytes put first': (bytes, { other }) => splice(bytes, 0, 0, pick(ODD_BYTES, other)),
  'bytes repeated': (bytes, { at, other }) => {
    const from = at % (bytes.length + 1)
    return splice(bytes, from, 0, [...bytes.subarray(from, from + (other % 300))])
  },
  'bytes truncated': (bytes, { at }) => bytes.slice(0, at % (bytes.length + 1)),
} satisfies Record<string, (bytes: Uint8Array, mutation: Mutation<string>) => Uint8Array>

type TextKind = keyof typeof TEXT_EDITS
type ByteKind = keyof typeof BYTE_EDITS

/** All changes of one answer: first those of its text, then those of its bytes. */
export interface Mutations {
  readonly text: readonly Mutation<TextKind>[]
  readonly bytes: readonly Mutation<ByteKind>[]
}

const anywhere = fc.noBias(fc.nat(2 ** 30))
const one = <Kind extends string>(edits: Readonly<Record<Kind, unknown>>) =>
  fc.record({ kind: fc.constantFrom(...(Object.keys(edits) as Kind[])), at: anywhere, other: anywhere })

/** One change most often: after several an answer seldom says anything at all. */
export const mutations: fc.Arbitrary<Mutations> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ text: fc.tuple(one(TEXT_EDITS)), bytes: fc.constant([]) }) },
  { weight: 1, arbitrary: fc.record({ text: fc.constant([]), bytes: fc.tuple(one(BYTE_EDITS)) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      text: fc.array(one(TEXT_EDITS), { minLength: 2, maxLength: 5 }),
      bytes: fc.array(one(BYTE_EDITS), { maxLength: 1 }),
    }),
  },
)

/** Longer ones would only slow the search down. */
const MOST_CHARACTERS = 200_000

export function mutate(text: string, { text: edits, bytes }: Mutations, syntax: Syntax): Uint8Array {
  const changed = edits.reduce(
    (current, mutation) => TEXT_EDITS[mutation.kind](current, mutation, syntax).slice(0, MOST_CHARACTERS),
    text,
  )
  return bytes.reduce<Uint8Array>(
    (current, mutation) => BYTE_EDITS[mutation.kind](current, mutation),
    new TextEncoder().encode(changed),
  )
}
