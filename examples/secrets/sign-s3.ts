import { canonical, SHA256, valueIn } from './canonical.js'
import { hex, hmac, isFresh, sha256 } from './digests.js'
import { RefusedError, type Sign } from './signing-endpoint.js'

export interface S3Signing {
  readonly secretAccessKey: string
  readonly region: string
  /** What the page's requests are sent to: `s3.eu-central-1.amazonaws.com`. */
  readonly host: string
  /** The one bucket that may be deleted from, in the path. */
  readonly bucket: string
  readonly mostKeys?: number
}

const MD5 = /^[A-Za-z0-9+/]{22}==$/

/** Signs deletions from one bucket by SigV4, and nothing else. */
export function signS3({ secretAccessKey, region, host, bucket, mostKeys = 1000 }: S3Signing): Sign {
  return async ({ stringToSign, canonicalRequest, operation, items }) => {
    const call = `POST\n/${bucket}\ndelete=`
    if (operation !== 'DeleteObjects' || !canonicalRequest.startsWith(`${call}\n`))
      throw new RefusedError('only deletions from the one bucket are signed')
    // How many keys the page says there are; the store itself takes no more than 1,000.
    if (!(items >= 1 && items <= mostKeys)) throw new RefusedError(`no more than ${mostKeys} keys at once`)
    const md5 = valueIn(canonicalRequest, 'content-md5')
    const hash = valueIn(canonicalRequest, 'x-amz-content-sha256')
    const time = valueIn(canonicalRequest, 'x-amz-date')
    if (!MD5.test(md5) || !SHA256.test(hash)) throw new RefusedError('the body is not named by its hashes')
    if (!isFresh(time)) throw new RefusedError('the date is not of now')
    // Nothing else may differ: in particular, no `x-amz-bypass-governance-retention` stands here.
    const headers = {
      'content-md5': md5,
      'content-type': 'application/xml',
      host,
      'x-amz-content-sha256': hash,
      'x-amz-date': time,
    }
    if (canonicalRequest !== canonical(call, headers, hash))
      throw new RefusedError('other headers are signed than those of a deletion')
    const day = time.slice(0, 8)
    const scope = `${day}/${region}/s3/aws4_request`
    // Made anew from what was checked: a string to sign that says anything else is not signed.
    if (stringToSign !== ['AWS4-HMAC-SHA256', time, scope, await sha256(canonicalRequest)].join('\n'))
      throw new RefusedError('the string to sign is not that of the canonical request')
    let key: string | ArrayBuffer = `AWS4${secretAccessKey}`
    for (const part of [day, region, 's3', 'aws4_request']) key = await hmac(key, part)
    return hex(await hmac(key, stringToSign))
  }
}
