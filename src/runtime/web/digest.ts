import type { Digest } from '../digest.js'

/** Pages served over plain http have none. */
const subtle = (): SubtleCrypto | undefined => globalThis.crypto?.subtle

const inJavaScript = () => import('./sha256.js')

export const sha256: Digest['sha256'] = async (data) => {
  const native = subtle()
  if (native) return new Uint8Array(await native.digest('SHA-256', data))
  const { digest } = await inJavaScript()
  return digest(data)
}

export const hmacSha256: Digest['hmacSha256'] = async (key, data) => {
  const native = subtle()
  if (native) {
    const imported = await native.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return new Uint8Array(await native.sign('HMAC', imported, data))
  }
  const { digest } = await inJavaScript()
  return digest(data, key)
}
