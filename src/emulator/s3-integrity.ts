import { md5 } from '#runtime/checksum'
import { base64 } from '../bytes.js'
import type { Bytes } from '../http.js'
import { type Incoming, Refusal } from './exchange.js'
import { notImplemented, refusal } from './s3-answers.js'
import { CHECKSUMS } from './s3-checksums.js'

/** Which proof that the body arrived whole a store insists on for `POST ?delete`. */
export type Integrity = 'md5' | 'either'

const PREFIX = 'x-amz-checksum-'

/** What is said of a checksum. */
const ABOUT = new Set(['algorithm', 'mode', 'type'])

/** Checks what was sent to prove the body, and where `required` that something was; throws a `Refusal`. */
export async function checkIntegrity({ headers, body }: Incoming, required?: Integrity): Promise<void> {
  const sent = headers['content-md5']
  const [algorithm, ...others] = Object.keys(headers)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .filter((name) => !ABOUT.has(name))
  if (others.length > 0)
    throw invalid('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
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
  const checksum = CHECKSUMS.get(algorithm)
  if (!checksum) throw notImplemented(PREFIX + algorithm)
  const computed = base64(await checksum(body))
  if (sent.length !== computed.length) throw invalid(`Value for ${PREFIX}${algorithm} header is invalid.`)
  if (sent === computed) return
  const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`
  throw new Refusal(400, 'BadDigest', message)
}

const invalid = (message: string) => new Refusal(400, 'InvalidRequest', message)

const missing = (required: Integrity) =>
  invalid(`Missing required header for this request: Content-MD5${required === 'md5' ? '' : ' OR x-amz-checksum-*'}`)
