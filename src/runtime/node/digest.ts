import type { Digest } from '../digest.js'

/** Loaded when the first digest is asked for: it takes as long as a third of keysweep. */
const crypto = () => process.getBuiltinModule('node:crypto')

// Typed as awaitable although synchronous: code that forgot to await would break on the web half only.

export const sha256: Digest['sha256'] = (data) => crypto().hash('sha256', data, 'buffer')

export const hmacSha256: Digest['hmacSha256'] = (key, data) => crypto().createHmac('sha256', key).update(data).digest()
