import { sha256 } from '#runtime'
import { crc32 } from '#runtime/checksum'
import type { Awaitable, Bytes } from '../http.js'

/** The checksums of `x-amz-checksum-*`, by the end of that name. */
export const CHECKSUMS: ReadonlyMap<string, (body: Bytes) => Awaitable<Bytes>> = new Map([
  ['crc32', crc32],
  ['crc32c', castagnoli],
  ['crc64nvme', nvme],
  ['sha1', async (body: Bytes) => new Uint8Array(await crypto.subtle.digest('SHA-1', body))],
  ['sha256', sha256],
])

/** CRC-32C: reflected, polynomial 0x1EDC6F41; bit by bit, for few clients send it. */
function castagnoli(body: Bytes): Bytes {
  let crc = -1
  for (const byte of body) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  const sum = new Uint8Array(4)
  new DataView(sum.buffer).setInt32(0, ~crc)
  return sum
}

/** CRC-64/NVME: reflected, polynomial 0xAD93D23594C93659; in two halves, for JavaScript counts in 32 bits. */
function nvme(body: Bytes): Bytes {
  let [high, low] = [-1, -1]
  for (const byte of body) {
    low ^= byte
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = low & 1
      low = ((low >>> 1) | (high << 31)) ^ (isOdd ? 0xac4bc9b5 : 0)
      high = (high >>> 1) ^ (isOdd ? 0x9a6c9329 : 0)
    }
  }
  const sum = new Uint8Array(8)
  const view = new DataView(sum.buffer)
  view.setInt32(0, ~high)
  view.setInt32(4, ~low)
  return sum
}
