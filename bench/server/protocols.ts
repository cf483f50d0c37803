import type { Protocol } from '../job.js'
import type { Item } from '../keys.js'

/** How the null server reads and answers one protocol. */
export interface Dialect {
  readonly contentType: string
  /** What stands before and after the text of a key in a body. */
  readonly open: string
  readonly close: string
  /** The key, of its text in a body. */
  decode(text: string): string
  /** All items of a body, in order. */
  read(body: string): Item[]
  isQuiet(body: string): boolean
  /** The answer that lists `done` as done, unless it is a quiet one, and `failed` as failed. */
  answer(done: readonly Item[], failed: readonly Item[], quiet: boolean): string
}

const keyOf = (item: Item): string => (typeof item === 'string' ? item : item.key)

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const decodeXml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex, decimal, name) =>
    name ? (NAMED[name] as string) : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  )
const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const encodeXml = (text: string): string =>
  text.replace(/[&<>\t\n\r]/g, (char) => REFERENCES[char] ?? `&#${char.charCodeAt(0)};`)

const xmlNames = (item: Item): string =>
  `<Key>${encodeXml(keyOf(item))}</Key>${typeof item === 'string' ? '' : `<VersionId>${item.versionId}</VersionId>`}`

const s3: Dialect = {
  contentType: 'application/xml',
  open: '<Key>',
  close: '</Key>',
  decode: decodeXml,
  read: (body) =>
    Array.from(
      body.matchAll(/<Key>([^<]*)<\/Key>\s*(?:<VersionId>([^<]*)<\/VersionId>)?/g),
      ([, key = '', versionId]) => (versionId ? { key: decodeXml(key), versionId } : decodeXml(key)),
    ),
  isQuiet: (body) => body.includes('<Quiet>true</Quiet>'),
  answer: (done, failed, quiet) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${(quiet
      ? []
      : done
    )
      .map((item) => `<Deleted>${xmlNames(item)}</Deleted>`)
      .join('')}${failed
      .map(
        (item) =>
          `<Error>${xmlNames(item)}<Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>`,
      )
      .join('')}</DeleteResult>`,
}

const formValue = (body: string): string => decodeURIComponent(body.slice(body.indexOf('=') + 1))

const kv: Dialect = {
  contentType: 'application/json',
  open: '%22',
  close: '%22',
  decode: (text) => JSON.parse(`"${decodeURIComponent(text)}"`) as string,
  read: (body) => JSON.parse(formValue(body)) as string[],
  isQuiet: () => false,
  answer: (done, failed) =>
    JSON.stringify({
      RequestId: 'EEEBE525-F576-1196-8DAF-2D70CA3F4D2F',
      SuccessKeys: done.map(keyOf),
      FailKeys: failed.map(keyOf),
    }),
}

const kvPut: Dialect = {
  ...kv,
  open: 'Key%22%3A%22',
  read: (body) => (JSON.parse(formValue(body)) as { Key: string }[]).map(({ Key }) => Key),
}

const ctyun: Dialect = {
  contentType: 'application/json;charset=UTF-8',
  open: '"key":"',
  close: '"',
  decode: (text) => JSON.parse(`"${text}"`) as string,
  read: (body) => (JSON.parse(body) as { delete: { objects: { key: string }[] } }).delete.objects.map(({ key }) => key),
  isQuiet: (body) => body.endsWith('"quiet":true}}'),
  answer: (done, failed, quiet) =>
    JSON.stringify({
      statusCode: 800,
      message: 'SUCCESS',
      description: '成功',
      returnObj: {
        deleted: (quiet ? [] : done).map((item) => ({ key: keyOf(item), versionID: '', deleteMarker: false })),
        errors: failed.map((item) => ({
          key: keyOf(item),
          versionID: '',
          code: 'InternalError',
          message: 'try again',
        })),
        requestCharged: '',
      },
    }),
}

export const DIALECTS: Readonly<Record<Protocol, Dialect>> = { s3, kv, 'kv-put': kvPut, ctyun }
