import { md5 } from '#runtime/checksum'
import { base64, canonicalQuery, percentEncode, utf8 } from '../../src/bytes.js'
import type { KeyPair } from '../../src/credentials.js'
import type { HttpRequest } from '../../src/http.js'
import { acs3Signer } from '../../src/signers/acs3.js'
import { eopSigner } from '../../src/signers/eop.js'
import type { Signer } from '../../src/signers/signer.js'
import { sigv4Signer } from '../../src/signers/sigv4.js'

/** The moment all these requests are made at. */
export const NOW = new Date('2026-01-02T03:04:05Z')

/** What the emulator knows unless told otherwise. */
export const KEY_PAIR: KeyPair = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }

/** What a request may differ in from one that is in order. */
export interface Ask {
  readonly host?: string
  readonly method?: HttpRequest['method'] | 'HEAD'
  readonly path?: string
  readonly query?: readonly (readonly [string, string])[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly credentials?: KeyPair
  readonly date?: Date
  readonly nonce?: string
  /** Changes headers once they are signed; undefined takes one away. */
  readonly afterwards?: Readonly<Record<string, string | undefined>>
}

let nonces = 0

/** A request in the form the emulator takes over `fetch`. */
export async function signed(sign: Signer, ask: Ask & { readonly host: string }): Promise<Request> {
  const { host, method = 'POST', path = '/', query = [], headers = {}, body = '', date = NOW } = ask
  const { credentials = KEY_PAIR, nonce = (++nonces).toString(16).padStart(32, '0'), afterwards = {} } = ask
  const bytes = typeof body === 'string' ? utf8(body) : body
  const hasBody = bytes.length > 0
  const plain: HttpRequest = {
    // Clients never ask for HEAD; signers do not mind.
    ...{ method: method as HttpRequest['method'], base: `https://${host}`, host, path },
    ...{ query: canonicalQuery(query), headers },
    ...(hasBody && { body: bytes }),
  }
  const request = await sign(plain, { credentials, date, nonce: () => nonce, operation: 'test', items: 1 })
  const sent = new Headers()
  for (const [name, value] of Object.entries({ ...request.headers, ...afterwards }))
    if (value !== undefined) sent.set(name, value)
  const url = request.base + request.path + (request.query && `?${request.query}`)
  return new Request(url, { method, headers: sent, ...(hasBody && { body: bytes }) })
}

const S3 = sigv4Signer({ region: 'us-east-1' })

export const s3 = (ask: Ask): Promise<Request> => signed(S3, { host: 's3.us-east-1.amazonaws.com', ...ask })
export const yandex = (ask: Ask): Promise<Request> => signed(S3, { host: 'storage.yandexcloud.net', ...ask })
export const ncloud = (ask: Ask): Promise<Request> =>
  signed(sigv4Signer({ region: 'kr' }), { host: 'kr.ncloudstorage.com', ...ask })

/** The `Delete` document of some `Object` elements, as they stand. */
export const deleteXml = (objects: readonly string[], quiet = false): string =>
  `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects
    .map((object) => `<Object>${object}</Object>`)
    .join('')}${quiet ? '<Quiet>true</Quiet>' : ''}</Delete>`

/** What asks a bucket to delete, with the MD5 of the body. */
export const deletion = (bucket: string, body: string, rest: Ask = {}): Ask => ({
  path: `/${bucket}`,
  query: [['delete', '']],
  body,
  ...rest,
  headers: { 'content-md5': base64(md5(utf8(body))), ...rest.headers },
})

/** The same for keys that need no escaping. */
export const deletionOf = (bucket: string, keys: readonly string[], rest: Ask = {}): Ask =>
  deletion(bucket, deleteXml(keys.map((key) => `<Key>${key}</Key>`)), rest)

const acs = (host: string, version: string) => (action: string, ask: Ask) =>
  signed(acs3Signer(), {
    host,
    ...ask,
    headers: {
      'x-acs-action': action,
      'x-acs-version': version,
      ...(ask.body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...ask.headers,
    },
  })

export const esa = acs('esa.cn-hangzhou.aliyuncs.com', '2024-09-10')
export const dcdn = acs('dcdn.aliyuncs.com', '2018-01-15')

/** One form field with JSON in it. */
export const field = (name: string, value: unknown): string => `${name}=${percentEncode(JSON.stringify(value))}`

/** What asks a namespace to delete. */
export const kvDeletion = (namespace: string, keys: unknown, rest: Ask = {}): Ask => ({
  query: [['Namespace', namespace]],
  body: field('Keys', keys),
  ...rest,
})

export const ctyun = (ask: Ask): Promise<Request> =>
  signed(eopSigner(), {
    host: 'zos-global.ctapi.ctyun.cn',
    path: '/v4/oss/delete-objects',
    ...ask,
    headers: { 'content-type': 'application/json', ...ask.headers },
  })

/** The body of a delete at CTyun. */
export const zosDeletion = (bucket: string, objects: unknown, quiet = false): string =>
  JSON.stringify({ bucket, regionID: 'r1', delete: { objects, quiet } })
