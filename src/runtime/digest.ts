import type { Awaitable, Bytes } from '../http.js'

/** What `#runtime` offers on either half. */
export interface Digest {
  sha256(data: Bytes): Awaitable<Bytes>
  hmacSha256(key: Bytes, data: Bytes): Awaitable<Bytes>
}

/** What `#runtime/checksum` offers on either half. */
export interface Checksum {
  md5(data: Bytes): Bytes
  /** Big-endian. */
  crc32(data: Bytes): Bytes
}
