import { utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'

// Bytes percent-encoded as RFC 3986 has it, written straight into a body: `encodeURIComponent` makes a string of the same
// length first, which then has to be copied.

const UNRESERVED: Bytes = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~')
const HEX: Bytes = utf8('0123456789ABCDEF')
const PERCENT = 0x25
/** Bits of a spelling below its length. */
const LENGTH = 24

/** How each byte is written: up to three characters, the first one lowest, and above them how many they are. */
const SPELLINGS = Uint32Array.from({ length: 256 }, (_, byte) =>
  UNRESERVED.includes(byte)
    ? byte + 2 ** LENGTH
    : PERCENT + (HEX[byte >> 4] as number) * 2 ** 8 + (HEX[byte & 15] as number) * 2 ** 16 + 3 * 2 ** LENGTH,
)

/** Whether two bytes, as one number, both stand as they are: four are looked at by one read and two looks here. */
const ARE_UNRESERVED = new Uint8Array(2 ** 16)
for (const high of UNRESERVED) for (const low of UNRESERVED) ARE_UNRESERVED[high * 256 + low] = 1

/** Bytes that must be left in the target after what is written: whatever is written is written as a whole word. */
export const OVERHANG = 3

/** How many bytes the leading `length` bytes of `source` take. */
export function percentLength(source: Bytes, length: number): number {
  let total = 0
  for (let index = 0; index < length; index++) total += (SPELLINGS[source[index] as number] as number) >>> LENGTH
  return total
}

/** Writes the leading `length` bytes of `source` to `target`, from `at` on; gives the end of what is written. */
export function percentEncodeInto(source: Bytes, length: number, target: Bytes, at: number): number {
  const from = viewOf(source)
  const to = viewOf(target)
  const whole = length - (length % 4)
  let end = spellWords(from, whole, to, at)
  for (let index = whole; index < length; index++) end = spell(from.getUint8(index), to, end)
  return end
}

const viewOf = ({ buffer, byteOffset, length }: Bytes) => new DataView(buffer, byteOffset, length)

// Nothing but the loop, so that it is compiled for good while it first runs.
function spellWords(source: DataView, length: number, target: DataView, at: number): number {
  let end = at
  for (let index = 0; index < length; index += 4) {
    const word = source.getUint32(index, true)
    if (((ARE_UNRESERVED[word & 0xffff] as number) & (ARE_UNRESERVED[word >>> 16] as number)) === 1) {
      target.setUint32(end, word, true)
      end += 4
    } else {
      end = spell(word & 0xff, target, end)
      end = spell((word >>> 8) & 0xff, target, end)
      end = spell((word >>> 16) & 0xff, target, end)
      end = spell(word >>> 24, target, end)
    }
  }
  return end
}

function spell(byte: number, target: DataView, at: number): number {
  const spelling = SPELLINGS[byte] as number
  target.setUint32(at, spelling, true)
  return at + (spelling >>> LENGTH)
}
