import { describe, expect, test } from 'vitest'
import { text, utf8 } from '../../src/bytes.js'
import { type Incoming, Refusal } from '../../src/emulator/exchange.js'
import { unchunked } from '../../src/emulator/s3-chunks.js'

const TRAILER = 'x-amz-checksum-crc32'

/** A PUT as SDKs send a stream. */
const streamed = (body: string, headers: Record<string, string> = {}): Incoming => ({
  method: 'PUT',
  path: '/b/k',
  query: '',
  headers: {
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': '5',
    'x-amz-trailer': TRAILER,
    ...headers,
  },
  body: utf8(body),
})

const refused = (body: string, headers: Record<string, string | undefined> = {}) => {
  const request = streamed(body)
  try {
    unchunked({ ...request, headers: { ...request.headers, ...headers } })
  } catch (error) {
    if (error instanceof Refusal) return error.code
  }
  return undefined
}

describe('a body in chunks', () => {
  test.each([
    ['one chunk', `5\r\nhello\r\n0\r\n${TRAILER}:NhCmhg==\r\n\r\n`],
    ['several', `1\r\nh\r\n0004\r\nello\r\n0\r\n${TRAILER}: NhCmhg== \r\n\r\n`],
    ['an end without a blank line', `5\r\nhello\r\n0\r\n${TRAILER}:NhCmhg==\r\n`],
  ])('is put together: %s', (_, body) => {
    const whole = unchunked(streamed(body))
    expect([text(whole.body), whole.headers[TRAILER]]).toEqual(['hello', 'NhCmhg=='])
  })

  test('may have no trailer, and line ends in it', () => {
    const request = streamed('9\r\n\r\n0\r\n5\r\n1\r\n0\r\n\r\n', { 'x-amz-decoded-content-length': '9' })
    const { 'x-amz-trailer': _, ...headers } = request.headers
    expect(text(unchunked({ ...request, headers }).body)).toBe('\r\n0\r\n5\r\n1')
  })

  test('is left alone where it is none', () => {
    const request = streamed('hello', { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })
    expect(unchunked(request)).toBe(request)
  })

  const end = `0\r\n${TRAILER}:NhCmhg==\r\n\r\n`
  test.each([
    ['no size', `hello\r\n${end}`, 'IncompleteBody'],
    ['a size beyond the end', `6\r\nhello`, 'IncompleteBody'],
    ['a huge size', `ffffffffffff\r\nhello\r\n${end}`, 'IncompleteBody'],
    ['no line end behind a chunk', `5\r\nhello!!${end}`, 'IncompleteBody'],
    ['no last chunk', '5\r\nhello\r\n', 'IncompleteBody'],
    ['another length than it said', `4\r\nhell\r\n${end}`, 'IncompleteBody'],
    ['signatures of chunks', `5;chunk-signature=0\r\nhello\r\n${end}`, 'IncompleteBody'],
    ['no trailer', '5\r\nhello\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['another trailer', '5\r\nhello\r\n0\r\nx-amz-acl:private\r\n\r\n', 'MalformedTrailerError'],
    ['more than a trailer', `5\r\nhello\r\n${end}x`, 'MalformedTrailerError'],
    ['too long a trailer', `5\r\nhello\r\n0\r\n${TRAILER}:${'A'.repeat(2000)}\r\n\r\n`, 'MalformedTrailerError'],
  ])('is refused with %s', (_, body, code) => {
    expect(refused(body)).toBe(code)
  })

  test('is refused without its length, and with a trailer that is no checksum', () => {
    const body = `5\r\nhello\r\n${end}`
    expect(refused(body)).toBeUndefined()
    expect(refused(body, { 'x-amz-decoded-content-length': undefined })).toBe('MissingContentLength')
    const other = '5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n\r\n'
    expect(refused(other, { 'x-amz-trailer': 'x-amz-meta-a' })).toBe('MalformedTrailerError')
  })
})
