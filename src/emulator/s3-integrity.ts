import { sha256 } from '#runtime'
import { crc32, md5 } from '#runtime/checksum'
import { base64 } from '../bytes.js'
import type { Awaitable, Bytes } from '../http.js'
import { type Incoming, Refusal } from './exchange.js'
import { refusal } from './s3-answers.js'

/** Which proof that the body arrived whole a store insists on for `POST ?delete`. */
export type Integrity = 'md5' | 'either'

const CHECKSUMS: Readonly<Record<string, (body: Bytes) => Awaitable<Bytes>>> = {
  crc32,
  crc32c: (body) => castagnoli(body),
  sha1: async (body) => new Uint8Array(await crypto.subtle.digest('SHA-1', body)),
  sha256,
}

const PREFIX = 'x-amz-checksum-'

/** Checks what was sent to prove the body, and where `required` that something was; throws a `Refusal`. */
export async function checkIntegrity({ headers, body }: Incoming, required?: Integrity): Promise<void> {
  const sent = headers['content-md5']
  const algorithm = Object.keys(headers)
    .find((name) => name.startsWith(PREFIX))
    ?.slice(PREFIX.length)
  if (required && sent === undefined && (required === 'md5' || algorithm === undefined)) throw missing(required)
  if (sent !== undefined) checkMd5(sent, body)
  const announced = headers['x-amz-sdk-checksum-algorithm']?.toLowerCase()
  if (announced !== undefined && announced !== (algorithm ?? 'md5')) {
    if (algorithm === undefined)
      throw invalid(
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      )
    throw refusal('BadDigest')
  }
  if (algorithm !== undefined) await checkChecksum(algorithm, headers[PREFIX + algorithm] as string, body)
}

function checkMd5(sent: string, body: Bytes): void {
  if (!/^[A-Za-z0-9+/]{22}==$/.test(sent)) throw refusal('InvalidDigest', { 'Content-MD5': sent })
  const computed = base64(md5(body))
  if (computed !== sent) throw refusal('BadDigest', { ExpectedDigest: sent, CalculatedDigest: computed })
}

async function checkChecksum(algorithm: string, sent: string, body: Bytes): Promise<void> {
  const checksum = CHECKSUMS[algorithm]
  if (!checksum) throw refusal('NotImplemented')
  const computed = base64(await checksum(body))
  if (sent.length !== computed.length) throw invalid(`Value for ${PREFIX}${algorithm} header is invalid.`)
  if (sent === computed) return
  const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`
  throw new Refusal(400, 'BadDigest', message)
}

const invalid = (message: string) => new Refusal(400, 'InvalidRequest', message)

const missing = (required: Integrity) =>
  invalid(`Missing required header for this request: Content-MD5${required === 'md5' ? '' : ' OR x-amz-checksum-*'}`)

/** CRC-32C: reflected, polynomial 0x1EDC6F41; bit by bit, for few clients send it. */
function castagnoli(body: Bytes): Bytes {
  let crc = -1
  for (const byte of body) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  const sum = new Uint8Array(4)
  new DataView(sum.buffer).setInt32(0, ~crc)
  return sum
}
