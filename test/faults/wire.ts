// What requests ask and what answers say, read without a look at keysweep: the oracle must not share its mistakes.
import { CONTAINER, type Family } from './stores.js'

/** A key with its version as one text. `null` is no version: some stores name it where nobody asked. */
export const idOf = (key: string, version?: string): string =>
  JSON.stringify(version && version !== 'null' ? [key, version] : [key])

const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const plain = (xml: string): string =>
  xml.replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (_, hex?: string, decimal?: string, name = '') =>
    hex || decimal ? String.fromCodePoint(Number(hex ? `0x${hex}` : decimal)) : (REFERENCES[name] ?? ''),
  )

const escaped = (text: string): string =>
  text.replace(/[&<>\p{Cc}\u2028\ufffe\uffff]/gu, (char) => `&#${char.codePointAt(0)};`)

function element(name: string, xml: string): string | undefined {
  const content = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return content === undefined ? undefined : plain(content)
}

/** What a request asks for. */
export interface Asked {
  readonly ids: readonly string[]
  /** Where it writes: what each key is to hold. */
  readonly values?: readonly string[]
  /** Whether only failures are to be listed. */
  readonly quiet: boolean
  /** Whether it is the provider's call for one key. */
  readonly single: boolean
}

/** Reads a request; `url` as it came, with nothing decoded. */
export function askedIn(family: Family, method: string, url: string, body: string): Asked {
  const [path = '', query = ''] = url.split('?')
  const parameters = new URLSearchParams(query)
  if (family === 'kv') return askedOfKv(parameters, new URLSearchParams(body))
  if (family === 'ctyun') {
    const { objects, quiet } = (JSON.parse(body) as CtyunBody).delete
    return { ids: objects.map(({ key, versionID }) => idOf(key, versionID)), quiet: quiet === true, single: false }
  }
  if (method === 'DELETE') {
    const key = decodeURIComponent(path.slice(`/${CONTAINER}/`.length))
    return { ids: [idOf(key, parameters.get('versionId') ?? undefined)], quiet: false, single: true }
  }
  const ids = Array.from(body.matchAll(/<Object>(.*?)<\/Object>/gs), ([, object = '']) =>
    idOf(element('Key', object) ?? '', element('VersionId', object)),
  )
  return { ids, quiet: body.includes('<Quiet>true</Quiet>'), single: false }
}

interface CtyunBody {
  readonly delete: { readonly objects: readonly { key: string; versionID?: string }[]; readonly quiet?: boolean }
}

function askedOfKv(query: URLSearchParams, form: URLSearchParams): Asked {
  const [keys, pairs, value] = [form.get('Keys'), form.get('KvList'), form.get('Value')]
  if (keys !== null) return { ids: (JSON.parse(keys) as string[]).map((key) => idOf(key)), quiet: false, single: false }
  if (pairs === null) return { ids: [idOf(query.get('Key') ?? '')], values: [value ?? ''], quiet: false, single: true }
  const entries = JSON.parse(pairs) as { Key: string; Value: string }[]
  return {
    ids: entries.map(({ Key }) => idOf(Key)),
    values: entries.map(({ Value }) => Value),
    quiet: false,
    single: false,
  }
}

/** The entries of an answer, each as it stands there. */
export interface Listing {
  readonly done: readonly string[]
  readonly failed: readonly string[]
}

/** The two lists of an answer to a batch; undefined where it is no whole one. */
export function listingIn(family: Family, body: string): Listing | undefined {
  if (family === 's3') {
    const inner = /^<\?xml[^>]*>\s*<DeleteResult[^>]*>(.*)<\/DeleteResult>\s*$/s.exec(body)?.[1]
    if (inner === undefined) return undefined
    return { done: inner.match(/<Deleted>.*?<\/Deleted>/gs) ?? [], failed: inner.match(/<Error>.*?<\/Error>/gs) ?? [] }
  }
  const { SuccessKeys, FailKeys, statusCode, returnObj } = jsonIn(body)
  const lists =
    family === 'kv' ? [SuccessKeys, FailKeys] : statusCode === 800 ? [returnObj?.deleted, returnObj?.errors] : []
  const [done, failed] = lists.map((list) =>
    Array.isArray(list) ? list.map((entry) => JSON.stringify(entry)) : undefined,
  )
  return done && failed && { done, failed }
}

interface Json {
  readonly SuccessKeys?: unknown
  readonly FailKeys?: unknown
  readonly Code?: string
  readonly statusCode?: number | string
  readonly errorCode?: string
  readonly error?: string
  readonly returnObj?: { readonly deleted?: unknown; readonly errors?: unknown }
}

function jsonIn(body: string): Json {
  try {
    return Object(JSON.parse(body)) as Json
  } catch {
    return {}
  }
}

/** The answer with these two lists. */
export function writeListing(family: Family, { done, failed }: Listing): string {
  if (family === 's3') return `<?xml version="1.0"?>\n<DeleteResult>${[...done, ...failed].join('')}</DeleteResult>`
  if (family === 'kv') return `{"RequestId":"made-up","SuccessKeys":[${done}],"FailKeys":[${failed}]}`
  return `{"statusCode":800,"returnObj":{"deleted":[${done}],"errors":[${failed}]}}`
}

/** An entry of an answer. */
export function writeEntry(family: Family, list: keyof Listing, id: string): string {
  const [key, version] = JSON.parse(id) as [string, string?]
  if (family === 'kv') return JSON.stringify(key)
  const failure = list === 'failed' ? { code: 'Invented', message: 'Invented' } : {}
  if (family === 'ctyun') return JSON.stringify({ key, versionID: version, ...failure })
  const name = version === undefined ? '' : `<VersionId>${version}</VersionId>`
  return list === 'done'
    ? `<Deleted><Key>${escaped(key)}</Key>${name}</Deleted>`
    : `<Error><Key>${escaped(key)}</Key>${name}<Code>Invented</Code><Message>Invented</Message></Error>`
}

/** The id of an entry, read back. */
export function entryId(family: Family, entry: string): string {
  if (family === 's3') return idOf(element('Key', entry) ?? '', element('VersionId', entry)?.trim())
  const value = JSON.parse(entry) as string | { key: string; versionID?: string }
  return typeof value === 'string' ? idOf(value) : idOf(value.key, value.versionID)
}

/** The document in which a store refuses a request. */
export function writeRefusal(family: Family, code: string, message: string): string {
  if (family === 's3') return `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`
  if (family === 'kv') return JSON.stringify({ Code: code, Message: message, RequestId: 'made-up' })
  return JSON.stringify({ statusCode: 900, errorCode: code, error: code, message, requestId: 'made-up' })
}

/** The code of a refusal, where it has one. */
export function codeIn(family: Family, body: string): string | undefined {
  if (family === 's3') return /^(?:<\?xml[^>]*>\s*)?<Error>/.test(body) ? element('Code', body) : undefined
  const { Code, errorCode, error, statusCode } = jsonIn(body)
  if (family === 'kv') return Code
  return statusCode === 800 || statusCode === undefined ? undefined : errorCode || error || String(statusCode)
}

/** What a whole answer says of one key. */
export type Saying = 'done' | 'no' | 'unclear'

/** What a whole answer says of the keys of its request. */
export type Word = (id: string) => Saying

const UNCLEAR: Word = () => 'unclear'
const NO: Word = () => 'no'

/** @param emptyIsSuccess Whether the provider documents an empty body as a quiet success. */
export function wordOf(family: Family, asked: Asked, status: number, body: string, emptyIsSuccess: boolean): Word {
  const code = codeIn(family, body)
  if (status >= 300) return status < 500 || status === 503 ? NO : UNCLEAR
  if (family === 's3' && status !== 200 && !asked.single) return UNCLEAR
  if (code !== undefined) return family === 'ctyun' && !/internal/i.test(code) ? NO : UNCLEAR
  if (asked.single) {
    const isDone = family === 's3' ? status === 204 : jsonIn(body) !== undefined && /^\{.*\}$/s.test(body)
    return isDone ? () => 'done' : UNCLEAR
  }
  if (body === '' && asked.quiet && emptyIsSuccess) return () => 'done'
  const listing = listingIn(family, body)
  return listing ? wordOfListing(family, asked, listing) : UNCLEAR
}

/** What a store says of a key that it could not finish with; it may be gone. */
const BROKE_DOWN = /Internal|Timeout/

function wordOfListing(family: Family, { ids, quiet }: Asked, listing: Listing): Word {
  const idsOf = (list: readonly string[]) => new Set(list.map((entry) => entryId(family, entry)))
  const [done, failed, asked] = [idsOf(listing.done), idsOf(listing.failed), new Set(ids)]
  const broken = family === 'kv' ? new Set() : idsOf(listing.failed.filter((entry) => BROKE_DOWN.test(entry)))
  // Silence is consent only where every failure that is listed belongs to a key that was asked for.
  const silence = quiet && [...failed].every((id) => asked.has(id)) ? 'done' : 'unclear'
  return (id) => {
    if (failed.has(id)) return done.has(id) || broken.has(id) ? 'unclear' : 'no'
    return done.has(id) ? 'done' : silence
  }
}
