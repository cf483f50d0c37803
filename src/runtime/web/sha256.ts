import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../../http.js'

/** SHA-256 in JavaScript; HMAC-SHA-256 where there is a key. Loaded only where Web Crypto is missing. */
export const digest = (data: Bytes, key?: Bytes): Bytes => (key ? hmac(sha256, key, data) : sha256(data))
