import { hex, hmac } from './digests.js'

// Who sends a request. What stands here is the least: put your own sessions in its place.

/** Whether a request comes with this session, in a cookie among whatever others the site sets. */
export async function hasSession({ headers }: Request, session: string): Promise<boolean> {
  const cookies = (headers.get('cookie') ?? '').split(/; */)
  const given = cookies.find((cookie) => cookie.startsWith('session='))
  return isSecret(given?.slice('session='.length), session)
}

/** Whether a request comes with this token, as `authorization: Bearer …`. */
export async function hasToken({ headers }: Request, token: string): Promise<boolean> {
  return isSecret(/^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1], token)
}

/**
 * Compares hashes under a key of the moment: the time it takes tells nothing of the secret. One that is not set, or empty, is
 * nobody's.
 */
async function isSecret(given: string | undefined, secret: string): Promise<boolean> {
  if (!given || !secret) return false
  const key = crypto.getRandomValues(new Uint8Array(32)).buffer
  return hex(await hmac(key, given)) === hex(await hmac(key, secret))
}
