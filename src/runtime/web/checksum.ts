import SparkMD5 from 'spark-md5'
import type { Checksum } from '../digest.js'

/** Web Crypto has no MD5. */
export const md5: Checksum['md5'] = (data) => {
  // SparkMD5 hashes whole buffers; a view of a part has to be cut out first, and a Node Buffer's own `slice` does not copy.
  const buffer = data.byteLength === data.buffer.byteLength ? data.buffer : new Uint8Array(data).buffer
  return Uint8Array.from(SparkMD5.ArrayBuffer.hash(buffer, true), (char) => char.charCodeAt(0))
}

/** CRC-32 as in gzip: reflected, polynomial 0x04C11DB7. */
export const crc32: Checksum['crc32'] = (data) => {
  table ??= remainders()
  let crc = -1
  for (const byte of data) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number)
  const sum = new Uint8Array(4)
  new DataView(sum.buffer).setInt32(0, ~crc)
  return sum
}

let table: Int32Array | undefined

/** The CRC of every single byte. */
const remainders = (): Int32Array =>
  Int32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0)
    return remainder
  })
