const utf8 = new TextEncoder()

export const sha256 = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', utf8.encode(text)))

export async function hmac(key: string | ArrayBuffer, text: string): Promise<ArrayBuffer> {
  const bytes = typeof key === 'string' ? utf8.encode(key) : key
  const imported = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return crypto.subtle.sign('HMAC', imported, utf8.encode(text))
}

export const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

const FIVE_MINUTES_MS = 300_000

/** Whether a time, as `2026-01-02T03:04:05Z` or without its punctuation, is the present one. */
export function isFresh(time: string): boolean {
  const [, ...parts] = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)Z$/.exec(time) ?? []
  const [year = Number.NaN, month = 0, ...rest] = parts.map(Number)
  return Math.abs(Date.UTC(year, month - 1, ...rest) - Date.now()) < FIVE_MINUTES_MS
}
