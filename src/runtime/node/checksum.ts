import { createHash } from 'node:crypto'
import * as zlib from 'node:zlib'
import type { Checksum } from '../digest.js'

export const md5: Checksum['md5'] = (data) => createHash('md5').update(data).digest()

export const crc32: Checksum['crc32'] = (data) => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(zlib.crc32(data))
  return sum
}
