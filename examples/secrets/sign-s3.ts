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

/** Without `x-amz-bypass-governance-retention`, which is nobody's business here. */
const SIGNED_HEADERS = 'content-md5;content-type;host;x-amz-content-sha256;x-amz-date'

/** Signs deletions from one bucket by SigV4, and nothing else. */
export function signS3({ secretAccessKey, region, host, bucket, mostKeys = 1000 }: S3Signing): Sign {
  return async ({ stringToSign, canonicalRequest, operation, items }) => {
    const [method, path, query, ...lines] = canonicalRequest.split('\n')
    const called = `${method} ${path}?${query}`
    if (operation !== 'DeleteObjects' || called !== `POST /${bucket}?delete=`)
      throw new RefusedError('only deletions from the one bucket are signed')
    if (!lines.includes(`host:${host}`) || lines.at(-2) !== SIGNED_HEADERS)
      throw new RefusedError('other headers are signed than those of a deletion')
    // How many keys the page says there are; the store itself takes no more than 1,000.
    if (!(items >= 1 && items <= mostKeys)) throw new RefusedError(`no more than ${mostKeys} keys at once`)
    const time = lines.find((line) => line.startsWith('x-amz-date:'))?.slice('x-amz-date:'.length) ?? ''
    if (!isFresh(time)) throw new RefusedError('the date is not of now')
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
