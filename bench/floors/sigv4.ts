import { CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'

type Bytes = Uint8Array<ArrayBuffer>

/** What the runtime hashes with. */
export interface Digests {
  sha256(data: Bytes | string): Bytes | Promise<Bytes>
  hmac(key: Bytes | string, text: string): Bytes | Promise<Bytes>
  hex(bytes: Bytes): string
  base64(bytes: Bytes): string
}

/** Where `DeleteObjects` goes. */
export const deleteUrl = (endpoint: string): string => `${endpoint}/${CONTAINER}?delete=`

/** Signature Version 4 of a `DeleteObjects` by hand; one hash serves payload and checksum, unless an MD5 is given. */
export function sigv4(endpoint: string, { sha256, hmac, hex, base64 }: Digests) {
  const { host } = new URL(endpoint)
  let day = ''
  let dayKey: Bytes | undefined

  async function keyFor(date: string): Promise<Bytes> {
    if (dayKey && day === date) return dayKey
    let key: Bytes | string = `AWS4${CREDENTIALS.secretAccessKey}`
    for (const part of [date, REGION, 's3', 'aws4_request']) key = await hmac(key, part)
    day = date
    dayKey = key as Bytes
    return dayKey
  }

  return async (body: Bytes, md5?: string): Promise<Record<string, string>> => {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const date = time.slice(0, 8)
    const digest = await sha256(body)
    const hash = hex(digest)
    const [integrity, value] = md5 === undefined ? ['x-amz-checksum-sha256', base64(digest)] : ['content-md5', md5]
    const before = md5 === undefined ? '' : `content-md5:${md5}\n`
    const after = md5 === undefined ? `x-amz-checksum-sha256:${value}\n` : ''
    const names = `${before && 'content-md5;'}content-type;host;${after && 'x-amz-checksum-sha256;'}x-amz-content-sha256;x-amz-date`
    const canonical = `POST\n/${CONTAINER}\ndelete=\n${before}content-type:application/xml\nhost:${host}\n${after}x-amz-content-sha256:${hash}\nx-amz-date:${time}\n\n${names}\n${hash}`
    const scope = `${date}/${REGION}/s3/aws4_request`
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hex(await sha256(canonical))}`
    const signature = hex(await hmac(await keyFor(date), text))
    return {
      [integrity as string]: value as string,
      'content-type': 'application/xml',
      'x-amz-content-sha256': hash,
      'x-amz-date': time,
      authorization: `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    }
  }
}
