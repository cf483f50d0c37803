import { canonical, SHA256, valueIn } from './canonical.js'
import { hex, hmac, isFresh, sha256 } from './digests.js'
import { RefusedError, type Sign } from './signing-endpoint.js'

export interface EsaSigning {
  readonly secretAccessKey: string
  /** The one namespace that may be deleted from: letters, digits, `-` and `_`. */
  readonly namespace: string
  readonly host?: string
  readonly mostKeys?: number
}

const NONCE = /^[0-9a-f]{32}$/

/** Signs deletions from one namespace of Edge KV by ACS3, and nothing else. */
export function signEsa({
  secretAccessKey,
  namespace,
  host = 'esa.cn-hangzhou.aliyuncs.com',
  mostKeys = 10_000,
}: EsaSigning): Sign {
  return async ({ stringToSign, canonicalRequest, operation, items }) => {
    const call = `POST\n/\nNamespace=${namespace}`
    if (operation !== 'BatchDeleteKv' || !canonicalRequest.startsWith(`${call}\n`))
      throw new RefusedError('only deletions from the one namespace are signed')
    // How many keys the page says there are; the store itself takes no more than 10,000.
    if (!(items >= 1 && items <= mostKeys)) throw new RefusedError(`no more than ${mostKeys} keys at once`)
    const hash = valueIn(canonicalRequest, 'x-acs-content-sha256')
    const time = valueIn(canonicalRequest, 'x-acs-date')
    const nonce = valueIn(canonicalRequest, 'x-acs-signature-nonce')
    if (!SHA256.test(hash)) throw new RefusedError('the body is not named by its hash')
    if (!isFresh(time)) throw new RefusedError('the date is not of now')
    if (!NONCE.test(nonce)) throw new RefusedError('there is no nonce')
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      host,
      'x-acs-action': 'BatchDeleteKv',
      'x-acs-content-sha256': hash,
      'x-acs-date': time,
      'x-acs-signature-nonce': nonce,
      'x-acs-version': '2024-09-10',
    }
    if (canonicalRequest !== canonical(call, headers, hash))
      throw new RefusedError('other headers are signed than those of a deletion')
    if (stringToSign !== `ACS3-HMAC-SHA256\n${await sha256(canonicalRequest)}`)
      throw new RefusedError('the string to sign is not that of the canonical request')
    return hex(await hmac(secretAccessKey, stringToSign))
  }
}
