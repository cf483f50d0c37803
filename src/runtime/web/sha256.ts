import { Sha256 } from '@aws-crypto/sha256-js'
import type { Bytes } from '../../http.js'

/** SHA-256 in JavaScript; HMAC-SHA-256 where there is a key. Loaded only where Web Crypto is missing. */
export function digest(data: Bytes, key?: Bytes): Bytes {
  const hash = new Sha256(key)
  hash.update(data)
  return new Uint8Array(hash.digestSync())
}
