import { randomUUID } from 'node:crypto'
import { CONTAINER, CREDENTIALS } from '../client/contender.js'
import { hmac, sha256Hex } from './node-digests.js'

export const kvUrl = (endpoint: string): string => `${endpoint}/?Namespace=${CONTAINER}`

/** ACS3-HMAC-SHA256 by hand. */
export function acs3(endpoint: string, action: string, version: string) {
  const { host } = new URL(endpoint)
  const names = 'content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'
  return (body: Uint8Array): Record<string, string> => {
    const hash = sha256Hex(body)
    const date = new Date().toISOString().replace(/\.\d+/, '')
    const nonce = randomUUID()
    const canonical = `POST\n/\nNamespace=${CONTAINER}\ncontent-type:application/x-www-form-urlencoded\nhost:${host}\nx-acs-action:${action}\nx-acs-content-sha256:${hash}\nx-acs-date:${date}\nx-acs-signature-nonce:${nonce}\nx-acs-version:${version}\n\n${names}\n${hash}`
    const signature = hmac(CREDENTIALS.secretAccessKey, `ACS3-HMAC-SHA256\n${sha256Hex(canonical)}`).toString('hex')
    return {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': action,
      'x-acs-content-sha256': hash,
      'x-acs-date': date,
      'x-acs-signature-nonce': nonce,
      'x-acs-version': version,
      authorization: `ACS3-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId},SignedHeaders=${names},Signature=${signature}`,
    }
  }
}
