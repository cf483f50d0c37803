import type { Checksum } from '../digest.js'

export const md5: Checksum['md5'] = (data) =>
  process.getBuiltinModule('node:crypto').createHash('md5').update(data).digest()

export const crc32: Checksum['crc32'] = (data) => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(process.getBuiltinModule('node:zlib').crc32(data))
  return sum
}
