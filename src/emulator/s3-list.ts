import { type Container, sizeOf, type Version } from './container.js'
import type { Call, Outgoing } from './exchange.js'
import { escaped } from './raw.js'
import { NAMESPACE, refusal, xmlAnswer, xmlElements } from './s3-answers.js'
import { eTagOf } from './s3-conditions.js'
import { allowOnly, type Query } from './s3-query.js'

/** ListObjectsV2 with `prefix`, `max-keys`, `start-after`, `continuation-token` and `encoding-type`. */
export function listObjects(bucket: string, query: Query, container: Container): Call {
  allowOnly(query, 'list-type', 'prefix', 'max-keys', 'start-after', 'continuation-token', 'encoding-type', 'delimiter')
  if (query.get('list-type') !== '2' || query.has('delimiter')) throw refusal('NotImplemented')
  return { items: 1, run: () => list(bucket, query, container) }
}

function list(bucket: string, query: Query, container: Container): Outgoing {
  const encode =
    query.get('encoding-type') === 'url'
      ? (text: string) => escaped(text).replaceAll('%2F', '/')
      : (text: string) => text
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after')
  const after = token === undefined ? (startAfter ?? '') : readToken(token)
  const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000)
  if (!Number.isInteger(most) || most < 0) throw refusal('InvalidArgument')
  const found = container.list(prefix, after, most + 1)
  const page = found.slice(0, most)
  const last = page.at(-1)
  const isTruncated = found.length > most && last !== undefined
  return xmlAnswer(
    200,
    `<ListBucketResult xmlns="${NAMESPACE}">${xmlElements({
      Name: bucket,
      Prefix: encode(prefix),
      StartAfter: startAfter && encode(startAfter),
      KeyCount: page.length,
      MaxKeys: most,
      EncodingType: query.get('encoding-type'),
      IsTruncated: isTruncated,
      ContinuationToken: token,
      NextContinuationToken: isTruncated ? writeToken(last) : undefined,
    })}${page.map((key) => contents(key, encode(key), container)).join('')}</ListBucketResult>`,
  )
}

function contents(key: string, encoded: string, container: Container): string {
  const version = container.get(key) as Version
  return `<Contents>${xmlElements({
    Key: encoded,
    LastModified: new Date(version.modified).toISOString(),
    ETag: eTagOf(version),
    Size: sizeOf(version),
    StorageClass: 'STANDARD',
  })}</Contents>`
}

/** Opaque, with the characters that clients forget to encode. */
const writeToken = (key: string): string => btoa(encodeURIComponent(key))

function readToken(token: string): string {
  try {
    return decodeURIComponent(atob(token))
  } catch {
    throw refusal('InvalidArgument')
  }
}
