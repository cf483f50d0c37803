import type { Digest } from '../digest.js'
import { nodeCrypto } from './crypto.js'

// Typed as awaitable although synchronous: code that forgot to await would break on the web half only.

export const sha256: Digest['sha256'] = (data) => nodeCrypto().hash('sha256', data, 'buffer')

export const hmacSha256: Digest['hmacSha256'] = (key, data) =>
  nodeCrypto().createHmac('sha256', key).update(data).digest()
