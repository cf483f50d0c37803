import { utf8 } from '../bytes.js'
import type { Bytes } from '../http.js'

// Texts without control characters, as JSON is, percent-encoded as RFC 3986 has it and written straight into a body:
// `encodeURIComponent` makes a string of the same length first, which then has to be copied.

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

/** Bytes that must be left in the target after what is written: whatever is written is written as a whole word. */
export const OVERHANG = 3

/** How many bytes the leading `length` bytes of `source` take. */
export function percentLength(source: DataView, length: number): number {
  let total = 0
  for (let index = 0; index < length; index++) total += (SPELLINGS[source.getUint8(index)] as number) >>> LENGTH
  return total
}

/**
 * Writes the leading `length` bytes of `source` to `target`, from `at` on; gives the end of what is written, or undefined
 * where a control character of ASCII is among them.
 */
export function percentEncodeInto(source: DataView, length: number, target: DataView, at: number): number | undefined {
  const whole = length - (length % 4)
  let end = spellWords(source, whole, target, at)
  if (end === NONE) return undefined
  for (let index = whole; index < length; index++) {
    const byte = source.getUint8(index)
    if (byte < BLANK) return undefined
    end = spell(byte, target, end)
  }
  return end
}

const BLANK = 0x20
const NONE = -1

const { spell, spellWords } = speller()

/** Its tables are constants of a function: those of a module become variables in a bundle, which are looked up each time. */
function speller() {
  const spellings = SPELLINGS
  const shift = LENGTH
  /** Whether two bytes, as one number, both stand as they are: four are looked at by one read and two looks here. */
  const areUnreserved = new Uint8Array(2 ** 16)
  for (const high of UNRESERVED) for (const low of UNRESERVED) areUnreserved[high * 256 + low] = 1

  const spell = (byte: number, target: DataView, at: number): number => {
    const spelling = spellings[byte] as number
    target.setUint32(at, spelling, true)
    return at + (spelling >>> shift)
  }

  // Nothing but the loop, so that it is compiled for good while it first runs.
  const spellWords = (source: DataView, length: number, target: DataView, at: number): number => {
    let end = at
    let borrows = 0
    for (let index = 0; index < length; index += 4) {
      const word = source.getUint32(index, true)
      if (((areUnreserved[word & 0xffff] as number) & (areUnreserved[word >>> 16] as number)) === 1) {
        target.setUint32(end, word, true)
        end += 4
      } else {
        // Subtracting a blank from a byte below it borrows, which sets the top bit; only bytes beyond ASCII have it set before.
        borrows |= (word - 0x20202020) & ~word
        end = spell(word & 0xff, target, end)
        end = spell((word >>> 8) & 0xff, target, end)
        end = spell((word >>> 16) & 0xff, target, end)
        end = spell(word >>> 24, target, end)
      }
    }
    return (borrows & 0x80808080) === 0 ? end : NONE
  }

  return { spell, spellWords }
}
