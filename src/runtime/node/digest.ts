import { createHmac, hash } from 'node:crypto'
import type { Digest } from '../digest.js'

// Typed as awaitable although synchronous: code that forgot to await would break on the web half only.

export const sha256: Digest['sha256'] = (data) => hash('sha256', data, 'buffer')

export const hmacSha256: Digest['hmacSha256'] = (key, data) => createHmac('sha256', key).update(data).digest()
