import { createHash, createHmac } from 'node:crypto'
import type { Digests } from './sigv4.js'

export const md5Base64 = (data: Uint8Array): string => createHash('md5').update(data).digest('base64')
export const sha256Hex = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')
export const hmac = (key: Uint8Array | string, text: string) => createHmac('sha256', key).update(text).digest()

export const nodeDigests: Digests = {
  sha256: (data) => createHash('sha256').update(data).digest(),
  hmac,
  hex: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex'),
  base64: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
}
