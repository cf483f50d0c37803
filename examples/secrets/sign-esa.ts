import { hex, hmac, isFresh, sha256 } from './digests.js'
import { RefusedError, type Sign } from './signing-endpoint.js'

export interface EsaSigning {
  readonly secretAccessKey: string
  /** The one namespace that may be deleted from: letters, digits, `-` and `_`. */
  readonly namespace: string
  readonly host?: string
  readonly mostKeys?: number
}

const SIGNED_HEADERS =
  'content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'

/** Signs deletions from one namespace of Edge KV by ACS3, and nothing else. */
export function signEsa({
  secretAccessKey,
  namespace,
  host = 'esa.cn-hangzhou.aliyuncs.com',
  mostKeys = 10_000,
}: EsaSigning): Sign {
  return async ({ stringToSign, canonicalRequest, operation, items }) => {
    const [method, path, query, ...lines] = canonicalRequest.split('\n')
    const called = `${method} ${path}?${query}`
    if (operation !== 'BatchDeleteKv' || called !== `POST /?Namespace=${namespace}`)
      throw new RefusedError('only deletions from the one namespace are signed')
    const needed = [`host:${host}`, 'x-acs-action:BatchDeleteKv', 'x-acs-version:2024-09-10']
    if (!needed.every((line) => lines.includes(line)) || lines.at(-2) !== SIGNED_HEADERS)
      throw new RefusedError('other headers are signed than those of a deletion')
    // How many keys the page says there are; the store itself takes no more than 10,000.
    if (!(items >= 1 && items <= mostKeys)) throw new RefusedError(`no more than ${mostKeys} keys at once`)
    const time = lines.find((line) => line.startsWith('x-acs-date:'))?.slice('x-acs-date:'.length) ?? ''
    if (!isFresh(time)) throw new RefusedError('the date is not of now')
    if (stringToSign !== `ACS3-HMAC-SHA256\n${await sha256(canonicalRequest)}`)
      throw new RefusedError('the string to sign is not that of the canonical request')
    return hex(await hmac(secretAccessKey, stringToSign))
  }
}
