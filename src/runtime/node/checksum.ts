import type { Checksum } from '../digest.js'
import { nodeCrypto } from './crypto.js'

export const md5: Checksum['md5'] = (data) => nodeCrypto().createHash('md5').update(data).digest()

export const crc32: Checksum['crc32'] = (data) => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(process.getBuiltinModule('node:zlib').crc32(data))
  return sum
}
