/** A key as a store may hold it: the usual one, and those that cost an encoder most. */
export type Shape = 'plain' | 'long' | 'entities' | 'emoji' | 'versioned'

export type Item = string | { readonly key: string; readonly versionId: string }

/** Keys repeat after as many, so that the server can hold the answers for any number of them. */
export const DISTINCT_KEYS = 1_000_000

/** The number, written with these digits. */
function numeral(index: number, digits: readonly string[]): string {
  let text = ''
  for (let rest = index % DISTINCT_KEYS; rest > 0; rest = Math.floor(rest / digits.length))
    text = digits[rest % digits.length] + text
  return text
}

/** Each takes five bytes as a reference. */
const SPECIAL = [...'&\t\n\r']
const EMOJI = [...'🧹🪣🧽🧼🗑🫧🧺🧯🪥🚿']

/** All keys of a shape have the same length. */
const KEYS: Readonly<Record<Shape, (index: number) => string>> = {
  /** 69 bytes. */
  plain: (index) =>
    `exports/2026/11/20/customers/eu-central/invoices/${String(index % DISTINCT_KEYS).padStart(10, '0')}.json.gzip`,
  /** 1,024 bytes. */
  long: (index) => KEYS.plain(index).padStart(1024, 'a-folder-in-/'),
  /** 69 characters, each of which XML has to write as a reference. */
  entities: (index) => numeral(index, SPECIAL).padStart(69, SPECIAL[0]),
  /** 17 characters of four bytes. */
  emoji: (index) => numeral(index, EMOJI).padStart(34, EMOJI[0]),
  versioned: (index) => KEYS.plain(index),
}

/** 32 characters, as AWS gives them. */
const versionAt = (index: number): string => String(index % DISTINCT_KEYS).padStart(32, 'v3sL4kqtJlcpXroDTDmJrmSpXd')

export const keyAt = (shape: Shape, index: number): string => KEYS[shape](index)

export const itemAt = (shape: Shape, index: number): Item =>
  shape === 'versioned' ? { key: keyAt(shape, index), versionId: versionAt(index) } : keyAt(shape, index)

/** A kilobyte; about as much of it has to be escaped as of any JSON. */
export const VALUE = JSON.stringify({ text: 'value-of-a-kilobyte_'.repeat(49), size: 1000 })

/** As many entries as Alibaba's two megabytes take, encoded and with `%2C` between them. */
export const PUT_BATCH = Math.floor(
  (2_000_000 - 'KvList=%5B%5D'.length) /
    (encodeURIComponent(JSON.stringify({ Key: KEYS.plain(0), Value: VALUE })).length + '%2C'.length),
)

const PIECE = 1000

/**
 * The items one after the other, by no more than a piece in memory. Their strings are flat, as they come from a file: of a
 * string made of parts, whoever reads it first pays for joining them.
 */
export function* itemsOf(shape: Shape, count: number): Generator<Item> {
  for (let from = 0; from < count; from += PIECE) {
    const piece = Array.from({ length: Math.min(PIECE, count - from) }, (_, index) => itemAt(shape, from + index))
    yield* JSON.parse(JSON.stringify(piece)) as Item[]
  }
}
