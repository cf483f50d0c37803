import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as digest from '#runtime'
import * as checksum from '#runtime/checksum'
import { base64, hex, utf8 } from '../src/bytes.js'
import type { Bytes } from '../src/http.js'
import * as nodeChecksum from '../src/runtime/node/checksum.js'
import * as nodeDigest from '../src/runtime/node/digest.js'
import * as webChecksum from '../src/runtime/web/checksum.js'
import * as webDigest from '../src/runtime/web/digest.js'

interface Body {
  readonly name: string
  readonly body: string
  readonly contentLength: number
  readonly contentMd5: string
  readonly crc32: string
  readonly sha256: string
}

// Read rather than imported: the bundler's JSON parser refuses the lone surrogates of its other vectors.
const { bodies }: { bodies: readonly Body[] } = JSON.parse(
  readFileSync(new URL('./vectors/delete-xml.json', import.meta.url), 'utf8'),
)

afterEach(() => vi.unstubAllGlobals())

const withoutSubtle = () => vi.stubGlobal('crypto', {})
const repeated = (byte: number, length: number): Bytes => new Uint8Array(length).fill(byte)

/** The same bytes in the middle of a longer buffer. */
function view(bytes: Bytes): Bytes {
  const around = repeated(0xee, bytes.length + 100)
  around.set(bytes, 33)
  return around.subarray(33, 33 + bytes.length)
}

/** From RFC 1321, appendix A.5. */
const MD5 = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
] as const

/** From the examples NIST publishes for FIPS 180. */
const SHA256 = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
] as const

/** From RFC 4231: the cases with a digest of full length, the last two with keys longer than a block. */
const HMAC: readonly (readonly [key: Bytes, data: Bytes, hmac: string])[] = [
  [repeated(0x0b, 20), utf8('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    utf8('Jefe'),
    utf8('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [repeated(0xaa, 20), repeated(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    Uint8Array.from({ length: 25 }, (_, index) => index + 1),
    repeated(0xcd, 50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    repeated(0xaa, 131),
    utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    repeated(0xaa, 131),
    utf8(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

/** The check value of CRC-32/ISO-HDLC, and the values of the short inputs. */
const CRC32 = [
  ['', '00000000'],
  ['a', 'e8b7be43'],
  ['123456789', 'cbf43926'],
] as const

const digests = [
  { half: 'the half under test', ...digest, prepare: () => undefined },
  { half: 'node', ...nodeDigest, prepare: () => undefined },
  { half: 'web', ...webDigest, prepare: () => undefined },
  { half: 'web without crypto.subtle', ...webDigest, prepare: withoutSubtle },
]

describe.each(digests)('digests: $half', ({ sha256, hmacSha256, prepare }) => {
  it.each(SHA256)('SHA-256 of a published message', async (message, expected) => {
    prepare()
    expect(hex(await sha256(utf8(message)))).toBe(expected)
    expect(hex(await sha256(view(utf8(message))))).toBe(expected)
  })

  it.each(HMAC)('HMAC-SHA256 of RFC 4231', async (key, data, expected) => {
    prepare()
    expect(hex(await hmacSha256(key, data))).toBe(expected)
    expect(hex(await hmacSha256(view(key), view(data)))).toBe(expected)
  })

  it('HMAC-SHA256 of nothing leaves its key as it was', async () => {
    prepare()
    const key = utf8('key')
    const expected = '5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0'
    expect(hex(await hmacSha256(key, utf8('')))).toBe(expected)
    expect(hex(await hmacSha256(key, utf8('')))).toBe(expected)
  })

  it.each(bodies)('SHA-256 of the body $name', async ({ body, sha256: expected }) => {
    prepare()
    expect(base64(await sha256(utf8(body)))).toBe(expected)
  })
})

const checksums = [
  { half: 'the half under test', ...checksum },
  { half: 'node', ...nodeChecksum },
  { half: 'web', ...webChecksum },
]

describe.each(checksums)('checksums: $half', ({ md5, crc32 }) => {
  it.each(MD5)('MD5 of "%s"', (message, expected) => {
    expect(hex(md5(utf8(message)))).toBe(expected)
    expect(hex(md5(view(utf8(message))))).toBe(expected)
  })

  it.each(CRC32)('CRC-32 of "%s"', (message, expected) => {
    expect(hex(crc32(utf8(message)))).toBe(expected)
    expect(hex(crc32(view(utf8(message))))).toBe(expected)
  })

  it.each(bodies)('checksums of the body $name', ({ body, contentLength, contentMd5, crc32: expectedCrc32 }) => {
    const bytes = utf8(body)
    expect(bytes.length).toBe(contentLength)
    expect(base64(md5(bytes))).toBe(contentMd5)
    expect(base64(crc32(bytes))).toBe(expectedCrc32)
  })
})

describe('both halves', () => {
  const random = new Uint8Array(1 << 20)
  for (let start = 0; start < random.length; start += 1 << 16)
    crypto.getRandomValues(random.subarray(start, start + (1 << 16)))

  it.each([random, random.subarray(7, 1_000_003)])('agree on a megabyte', async (data) => {
    const sha256 = hex(await nodeDigest.sha256(data))
    expect(hex(await webDigest.sha256(data))).toBe(sha256)
    const hmac = hex(await nodeDigest.hmacSha256(data.subarray(0, 80), data))
    expect(hex(await webDigest.hmacSha256(data.subarray(0, 80), data))).toBe(hmac)
    expect(hex(webChecksum.md5(data))).toBe(hex(nodeChecksum.md5(data)))
    expect(hex(webChecksum.crc32(data))).toBe(hex(nodeChecksum.crc32(data)))
    withoutSubtle()
    expect(hex(await webDigest.sha256(data))).toBe(sha256)
  })
})

it('tests the half its project is for', () => {
  const [expectedDigest, expectedChecksum] =
    process.env.KEYSWEEP_HALF === 'web' ? [webDigest, webChecksum] : [nodeDigest, nodeChecksum]
  expect(digest.sha256).toBe(expectedDigest.sha256)
  expect(checksum.md5).toBe(expectedChecksum.md5)
})
