import { Sha256 } from '@aws-crypto/sha256-js'
import type { Bytes } from '../../http.js'
import type { Digest } from '../digest.js'

/** Pages served over plain http have no `crypto.subtle`. */
export const sha256: Digest['sha256'] = async (data) => {
  const subtle = globalThis.crypto?.subtle
  return subtle ? new Uint8Array(await subtle.digest('SHA-256', data)) : digest(new Sha256(), data)
}

/** In JavaScript: on inputs as short as a signature's, Web Crypto's two round trips take some ten times as long. */
export const hmacSha256: Digest['hmacSha256'] = (key, data) => digest(new Sha256(key), data)

function digest(hash: Sha256, data: Bytes): Bytes {
  hash.update(data)
  return new Uint8Array(hash.digestSync())
}
