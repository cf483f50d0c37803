import { readDeletedObjects } from '../../src/families/ctyun-answers.js'
import { edgeKvProvider } from '../../src/families/edge-kv.js'
import { s3Provider } from '../../src/families/s3.js'
import type { Awaitable, HttpAnswer } from '../../src/http.js'
import type { ObjectKey } from '../../src/items.js'
import type { Call, Mode, Operation, Verdict, Whole } from '../../src/operation.js'
import { json } from './json-syntax.js'
import type { Syntax } from './mutations.js'
import {
  type Read,
  readDeletion,
  readEnvelope,
  readKeyValueBatch,
  readKeyValuePut,
  readMultipleDeletion,
} from './reading.js'
import { xml } from './xml-syntax.js'

/** What reads one kind of answer of one provider, and an independent reading of the same. */
export interface Decoder {
  readonly syntax: Syntax
  readonly read: Read
  decode(answer: HttpAnswer, items: readonly ObjectKey[], mode: Mode, whole?: Whole): Awaitable<Verdict<object>>
  /** The body of a request for these items, where it is written in one go; the decoder is told of it. */
  wholeOf(items: readonly ObjectKey[], mode: Mode): Whole | undefined
}

const endpoint = { protocol: 'http:', host: '127.0.0.1:1', path: '', signingHost: undefined }
const authorize = () => Promise.reject(new Error('nothing is sent'))

const s3 = (name: string, emptyIsSuccess: boolean) =>
  s3Provider({
    name,
    endpoint,
    bucket: 'keys',
    addressing: 'path',
    integrity: 'md5',
    authorize,
    conditions: [],
    emptyIsSuccess,
  }).deletes

const keyValue = (name: string) =>
  edgeKvProvider({
    name,
    endpoint,
    namespace: 'keys',
    authorize,
    version: '',
    actions: { deleteBatch: 'BatchDelete', putBatch: 'BatchPut', put: 'Put' },
  })

const ROOM = { mostBytes: 1 << 20, lend: (bytes: number) => new Uint8Array(bytes), now: Date.now }

const decoder = (call: AnyCall | undefined, syntax: Syntax, read: Read): Decoder => {
  if (!call) throw new Error('there is no such call')
  return {
    syntax,
    read,
    decode: (answer, items, mode, whole) => call.decode(answer, items as never, mode, whole),
    wholeOf(items, mode) {
      if (!items.every((item) => call.whole?.lengthOf(item as never) !== undefined)) return undefined
      const whole = call.whole?.write(items as never, mode, ROOM)
      return whole?.count === items.length ? whole : undefined
    },
  }
}

type AnyCall = Call<never, object> & Partial<Pick<Operation<never, object>, 'whole'>>

const { deletes, puts } = keyValue('alibaba-esa')

/** By provider and call. */
export const DECODERS = {
  's3 DeleteObjects': decoder(s3('s3', false), xml, readMultipleDeletion(false)),
  's3 DeleteObject': decoder(s3('s3', false).fallback, xml, readDeletion),
  'ncloud DeleteObjects': decoder(s3('ncloud', false), xml, readMultipleDeletion(false)),
  'yandex DeleteObjects': decoder(s3('yandex', true), xml, readMultipleDeletion(true)),
  'alibaba-esa BatchDeleteKv': decoder(deletes, json, readKeyValueBatch),
  'alibaba-dcdn BatchDeleteDcdnKv': decoder(keyValue('alibaba-dcdn').deletes, json, readKeyValueBatch),
  'alibaba-esa BatchPutKv': decoder(puts, json, readKeyValueBatch),
  'alibaba-esa PutKv': decoder(puts?.fallback, json, readKeyValuePut),
  'ctyun-zos delete-objects': {
    syntax: json,
    read: readEnvelope,
    decode: (answer, items, { quiet }) => readDeletedObjects(answer, items, { quiet, bucket: 'b' }),
    wholeOf: () => undefined,
  },
} as const satisfies Readonly<Record<string, Decoder>>

export type DecoderName = keyof typeof DECODERS
