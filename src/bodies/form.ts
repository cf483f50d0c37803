import { utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'

/** By code unit: whether a form carries the character as it is (RFC 3986 unreserved). */
const UNRESERVED = new Uint8Array(256)
for (const byte of utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~')) UNRESERVED[byte] = 1

const PERCENT = 0x25
const HEX = utf8('0123456789ABCDEF')

/** A form body of one field, percent-encoded as RFC 3986 has it (a space is `%20`), which is how Alibaba signs it. */
export function formField(name: string, value: string): Bytes {
  const head = utf8(`${name}=`)
  const raw = utf8(value)
  const body = new Uint8Array(head.length + 3 * raw.length)
  body.set(head)
  let at = head.length
  // Byte by byte into its place: encodeURIComponent would make a string of it all, to be encoded again. By index, for an
  // iterator costs four times as much.
  for (let index = 0; index < raw.length; index++) {
    const byte = raw[index] as number
    if (UNRESERVED[byte]) {
      body[at++] = byte
    } else {
      body[at++] = PERCENT
      body[at++] = HEX[byte >> 4] as number
      body[at++] = HEX[byte & 15] as number
    }
  }
  return body.slice(0, at)
}

/** A form body of one field that holds a JSON array of texts already serialised: Alibaba's batch operations. */
export function jsonForm(name: string, jsonTexts: readonly string[]): Bytes {
  let json = ''
  // Half the cost of `join`.
  for (const text of jsonTexts) json += json === '' ? text : `,${text}`
  return formField(name, `[${json}]`)
}

/** Bytes that the text takes in a form, exactly. */
export function encodedBytes(jsonText: string): number {
  let bytes = 0
  for (let index = 0; index < jsonText.length; index++) {
    const unit = jsonText.charCodeAt(index)
    if (unit < 0x80) bytes += UNRESERVED[unit] ? 1 : 3
    else if (unit < 0x800) bytes += 6
    // The halves of a pair make four bytes together; any other unit makes three.
    else if (isHigh(unit) && isLow(jsonText.charCodeAt(index + 1))) {
      bytes += 12
      index++
    } else bytes += 9
  }
  return bytes
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
