import { type Container, groupOf, sizeOf, type Version } from './container.js'
import { type Call, Refusal } from './exchange.js'
import { escaped, orRefuse } from './raw.js'
import { NAMESPACE, notImplemented, xmlAnswer, xmlElements } from './s3-answers.js'
import { eTagOf } from './s3-conditions.js'
import { allowOnly, type Query } from './s3-query.js'

const SHARED = ['prefix', 'delimiter', 'max-keys', 'encoding-type'] as const
const MOST_KEYS = 1000

/** The keys of a page, and how a version of the call says where it is in the list. */
interface Page {
  readonly names: readonly string[]
  readonly isTruncated: boolean
  readonly encode: (text: string) => string
}

/** ListObjectsV2, and ListObjects, the first version. */
export function listObjects(bucket: string, query: Query, container: Container): Call {
  const version = query.get('list-type')
  if (version !== undefined && version !== '2') throw notImplemented(`list-type=${version}`)
  const isSecond = version === '2'
  allowOnly(
    query,
    ...SHARED,
    ...(isSecond ? ['list-type', 'start-after', 'continuation-token', 'fetch-owner'] : ['marker']),
  )
  if (query.get('fetch-owner') === 'true') throw notImplemented('fetch-owner')
  const most = mostOf(query)
  const encode = encoderOf(query)
  const after = isSecond ? startOf(query) : (query.get('marker') ?? '')
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? '']
  return {
    items: 1,
    run() {
      const found = container.list(prefix, after, most + 1, delimiter)
      const page: Page = { names: found.slice(0, most), isTruncated: most > 0 && found.length > most, encode }
      const shared = {
        Name: bucket,
        Prefix: encode(prefix),
        Delimiter: delimiter === '' ? undefined : encode(delimiter),
        MaxKeys: most,
        EncodingType: query.get('encoding-type') || undefined,
        IsTruncated: page.isTruncated,
      }
      const place = isSecond ? placeOf(page, query) : markersOf(page, query)
      const entries = page.names.map((name) =>
        groupOf(name, prefix, delimiter) === undefined
          ? contents(name, encode(name), container)
          : `<CommonPrefixes>${xmlElements({ Prefix: encode(name) })}</CommonPrefixes>`,
      )
      const content = xmlElements({ ...shared, ...place }) + entries.join('')
      return xmlAnswer(200, `<ListBucketResult xmlns="${NAMESPACE}">${content}</ListBucketResult>`)
    },
  }
}

/** In the second version a page is continued by a token. */
function placeOf({ names, isTruncated, encode }: Page, query: Query) {
  const startAfter = query.get('start-after')
  return {
    StartAfter: startAfter && encode(startAfter),
    KeyCount: names.length,
    ContinuationToken: query.get('continuation-token'),
    NextContinuationToken: isTruncated ? writeToken(names.at(-1) as string) : undefined,
  }
}

/** In the first version the last key of a page continues it, which is only named where it may be none. */
function markersOf({ names, isTruncated, encode }: Page, query: Query) {
  return {
    Marker: encode(query.get('marker') ?? ''),
    NextMarker: isTruncated && query.get('delimiter') ? encode(names.at(-1) as string) : undefined,
  }
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

function mostOf(query: Query): number {
  const asked = query.get('max-keys') || String(MOST_KEYS)
  if (!/^\d{1,9}$/.test(asked))
    throw invalid('Provided max-keys not an integer or within integer range', 'max-keys', asked)
  return Math.min(Number(asked), MOST_KEYS)
}

function encoderOf(query: Query): (text: string) => string {
  const type = query.get('encoding-type') ?? ''
  if (type === '') return (text) => text
  if (type !== 'url') throw invalid('Invalid Encoding Method specified in Request', 'encoding-type', type)
  return (text) => escaped(text).replaceAll('%2F', '/')
}

/** What a page comes behind. */
function startOf(query: Query): string {
  const token = query.get('continuation-token')
  return token === undefined ? (query.get('start-after') ?? '') : readToken(token)
}

/** Tells a token from anything else in base64. */
const MARK = 'after:'

/** Opaque, with the characters that clients forget to encode. */
const writeToken = (name: string): string => btoa(MARK + encodeURIComponent(name))

function readToken(token: string): string {
  const refusal = invalid('The continuation token provided is incorrect', 'continuation-token', token)
  const text = orRefuse(() => decodeURIComponent(atob(token)), refusal)
  if (!text.startsWith(MARK)) throw refusal
  return text.slice(MARK.length)
}

const invalid = (message: string, name: string, value: string): Refusal =>
  new Refusal(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value })
