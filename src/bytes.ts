import type { Bytes } from './http.js'

export const encoder: TextEncoder = new TextEncoder()

/** UTF-8 bytes of a string. */
export const utf8 = (text: string): Bytes => encoder.encode(text)

/** Text of UTF-8 bytes; a byte-order mark is kept, bytes that are not UTF-8 become U+FFFD. */
export const text = (bytes: Uint8Array): string => decoder.decode(bytes)
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text of UTF-8 bytes without a byte-order mark; undefined where they are no UTF-8. */
export function strictText(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return undefined
  }
}
const strictDecoder = new TextDecoder('utf-8', { fatal: true })

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  let out = ''
  for (let index = 0; index < bytes.length; index++) out += HEX[bytes[index] as number]
  return out
}
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Standard base64, padded. */
export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

/** RFC 3986: all but letters, digits and `-_.~` as upper-case `%XX` of the UTF-8 bytes. Throws on a lone surrogate. */
export function percentEncode(value: string): string {
  let encoded = encodeURIComponent(value)
  // Looked for one by one, in a fraction of the time that a pattern would take on a long value.
  for (const char of "!'()*")
    if (encoded.includes(char)) encoded = encoded.replaceAll(char, `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return encoded
}

/** `name=value` pairs, each encoded, sorted by encoded name and then value, joined by `&`. */
export const canonicalQuery = (pairs: readonly (readonly [name: string, value: string])[]): string =>
  pairs
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

export const viewOf = ({ buffer, byteOffset, length }: Bytes): DataView => new DataView(buffer, byteOffset, length)

/** Bytes of UTF-8 that a unit of a string takes at most. */
export const WIDEST = 3

const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether the string has a UTF-8 form: no half of a surrogate pair stands alone. */
export const isWellFormed = (value: string & { isWellFormed?(): boolean }): boolean =>
  // Not every browser has it yet.
  value.isWellFormed?.() ?? !LONE_SURROGATE.test(value)

/** How many bytes of UTF-8 a string takes; half a surrogate pair counts as the three of its replacement. */
export function utf8Length(value: string): number {
  let length = value.length
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index)
    if (unit < 0x80) continue
    length++
    if (unit < 0x800) continue
    // The two halves of a pair take four bytes together, two for each; any other unit takes three.
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(value.charCodeAt(index + 1))) index++
    length++
  }
  return length
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
