import { text } from '../bytes.js'
import type { Bytes } from '../http.js'
import type { Incoming } from './exchange.js'
import { refusal } from './s3-answers.js'

/** How SDKs announce a stream: in chunks that are not signed, with its checksum behind it. */
export const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

const LONGEST_SIZE = 8
const LONGEST_TRAILER = 1000

/** A body in chunks put together, its trailer among the headers: so a checksum is verified wherever it comes from. */
export function unchunked(request: Incoming): Incoming {
  const { body, headers } = request
  if (headers['x-amz-content-sha256'] !== UNSIGNED_CHUNKS) return request
  const { 'x-amz-decoded-content-length': length, 'x-amz-trailer': trailer } = headers
  if (length === undefined) throw refusal('MissingContentLength')
  const { content, end } = readChunks(body)
  if (String(content.length) !== length) throw refusal('IncompleteBody')
  return { ...request, body: content, headers: { ...headers, ...readTrailer(body.subarray(end), trailer) } }
}

/** The chunks up to the empty one, and where that ends. */
function readChunks(body: Bytes): { content: Bytes; end: number } {
  const content = new Uint8Array(body.length)
  let [length, at] = [0, 0]
  for (;;) {
    const [line = '', digits = ''] = /^([0-9a-f]+)\r\n/i.exec(text(body.subarray(at, at + LONGEST_SIZE + 2))) ?? []
    if (line === '') throw refusal('IncompleteBody')
    const start = at + line.length
    const end = start + Number.parseInt(digits, 16)
    if (end === start) return { content: content.subarray(0, length), end }
    if (body[end] !== 0x0d || body[end + 1] !== 0x0a) throw refusal('IncompleteBody')
    content.set(body.subarray(start, end), length)
    length += end - start
    at = end + 2
  }
}

/** The one header behind the chunks, which must be the one that was announced. */
function readTrailer(bytes: Bytes, announced: string | undefined): Record<string, string> {
  const [name, value, ...rest] = text(bytes.subarray(0, LONGEST_TRAILER)).split(/:|\r\n/)
  const isEnd = bytes.length <= LONGEST_TRAILER && rest.every((line) => line === '')
  if (announced === undefined && isEnd && !name && !value) return {}
  if (!isEnd || name !== announced || !name?.startsWith('x-amz-checksum-') || value === undefined)
    throw refusal('MalformedTrailerError')
  return { [name]: value.trim() }
}
