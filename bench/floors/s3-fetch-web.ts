import { fetching } from './fetch.js'
import type { Digests } from './sigv4.js'

const encoder = new TextEncoder()
const bytes = (data: Uint8Array<ArrayBuffer> | string) => (typeof data === 'string' ? encoder.encode(data) : data)

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

const webDigests: Digests = {
  sha256: async (data) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(data))),
  async hmac(secret, text) {
    const key = await crypto.subtle.importKey('raw', bytes(secret), HMAC, false, ['sign'])
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  },
  hex: (digest) => Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  base64: (digest) => btoa(String.fromCharCode(...digest)),
}

export const run = fetching(webDigests)
