import { readFileSync } from 'node:fs'
import { createEmulator, type Faults, type StoreName } from 'keysweep/emulator'
import { isKeysweepError, type ObjectKey } from '../../src/index.js'
import { EsaKvClient } from '../../src/providers/alibaba-esa.js'
import type { DecoderName } from './decoders.js'
import { CLIENTS, DELETIONS } from './stores.js'

/** An answer as a store gave it, and what it answers. */
export interface Sample {
  readonly decoder: DecoderName
  readonly items: readonly ObjectKey[]
  readonly quiet: boolean
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const PLAIN = ['a', 'b', 'c', 'photos/2026/cat.jpg', '007', 'true']
const ODD = [
  'a',
  ' a',
  'a ',
  'a&b<c>"d"',
  '&#13;',
  'x]]>y',
  'b\r\nc',
  'b\nc',
  'ü',
  'u\u0308',
  '😀',
  '__proto__',
  'constructor',
]
/** No XML can carry it, so it goes alone. */
const ALONE = ['\u0001']

const FAULTS: readonly Faults[] = [
  {},
  { keyErrors: { AccessDenied: 0.3, InternalError: 0.2 } },
  { leaveOut: 0.4 },
  { errorInside200: 1 },
  { html: 1 },
  { empty: 1 },
  { status: { 500: 1 } },
  { status: { 429: 1 }, retryAfter: 1 },
]

/** What the emulated stores answer, each time to one request. */
export async function recorded(): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const store of Object.keys(CLIENTS) as StoreName[]) {
    const emulator = createEmulator()
    emulator.state.create(store, 'keys')
    emulator.state.create(store, 'versions', { versioning: true })
    const ask = async (items: readonly ObjectKey[], quiet: boolean, opening: object = {}) => {
      const fetch = async (request: Request) => {
        const answer = await emulator.fetch(request)
        const decoder = request.method === 'DELETE' ? 's3 DeleteObject' : DELETIONS[store]
        const { status, headers } = answer
        const body = await answer.clone().text()
        samples.push({ decoder, items, quiet, status, headers: Object.fromEntries(headers), body })
        return answer
      }
      const client = CLIENTS[store]({ fetch, ...opening })
      await client.deleteMany(items, { quiet }).catch((error: unknown) => {
        if (!isKeysweepError(error)) throw error
      })
    }
    for (const faults of FAULTS)
      for (const quiet of [false, true]) {
        emulator.faults(store, faults)
        for (const items of [PLAIN, ODD, ...(DELETIONS[store].endsWith('DeleteObjects') ? [ALONE] : [])])
          await ask(items, quiet)
      }
    emulator.faults(store, {})
    await ask(PLAIN, false, { container: 'absent' })
    await ask(PLAIN, false, { credentials: { accessKeyId: 'emulator-key', secretAccessKey: 'wrong' } })
    if (store.startsWith('alibaba')) continue
    for (const key of [...PLAIN, ...PLAIN]) emulator.state.put(store, 'versions', key)
    await ask(PLAIN, false, { container: 'versions' })
    const versions = PLAIN.flatMap((key) =>
      emulator.state.versions(store, 'versions', key).map(({ versionId }) => ({ key, versionId })),
    )
    const one = { key: 'b', versionId: 'no-such' }
    await ask([...versions, 'a', one], false, { container: 'versions' })
  }
  return distinct([...samples, ...(await recordedPuts())])
}

/** Without those that differ in nothing but their ids. */
function distinct(samples: readonly Sample[]): Sample[] {
  const known = new Map<string, Sample>()
  for (const sample of samples) {
    const { decoder, quiet, status, body } = sample
    known.set(JSON.stringify([decoder, quiet, status, body.replace(/[\dA-F-]{12,}/g, '')]), sample)
  }
  return [...known.values()]
}

/** What the emulated ESA answers to puts. */
async function recordedPuts(): Promise<Sample[]> {
  const samples: Sample[] = []
  const emulator = createEmulator()
  emulator.state.create('alibaba-esa', 'keys')
  let items: readonly string[] = []
  const client = new EsaKvClient({
    namespace: 'keys',
    credentials: { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' },
    retry: { maxAttempts: 1 },
    fetch: async (request) => {
      const answer = await emulator.fetch(request)
      const isOne = request.headers.get('x-acs-action') === 'PutKv'
      const { status, headers } = answer
      const body = await answer.clone().text()
      const decoder = isOne ? 'alibaba-esa PutKv' : 'alibaba-esa BatchPutKv'
      samples.push({ decoder, items, quiet: false, status, headers: Object.fromEntries(headers), body })
      return answer
    },
  })
  for (const faults of FAULTS)
    for (const [keys, value] of [
      [PLAIN, 'v'],
      [ODD, 'v'],
      [['long'], 'v'.repeat(1_999_995)],
    ] as const) {
      emulator.faults('alibaba-esa', faults)
      items = keys
      await client.putMany(keys.map((key) => ({ key, value })))
    }
  return samples
}

interface VectorEntry {
  readonly key: string | null
  readonly versionId?: string
}

interface Vectors {
  readonly decode: readonly {
    readonly body: string
    readonly expected: { readonly deleted?: readonly VectorEntry[]; readonly errors?: readonly VectorEntry[] }
  }[]
  readonly errorResponses: readonly { readonly body: string; readonly status?: number }[]
}

/** The answers of the vectors, to requests for what they list and for two keys more. */
export function fromVectors(): Sample[] {
  const url = new URL('../vectors/delete-xml.json', import.meta.url)
  const { decode, errorResponses } = JSON.parse(readFileSync(url, 'utf8')) as Vectors
  const common = { headers: {}, status: 200 }
  const answers = decode.flatMap(({ body, expected }) => {
    const listed = [...(expected.deleted ?? []), ...(expected.errors ?? [])]
    const named = listed.flatMap(({ key, versionId }): ObjectKey[] =>
      key ? [versionId ? { key, versionId } : key] : [],
    )
    const items = [...new Map([...named, 'unmentioned', 'a'].map((item) => [JSON.stringify(item), item])).values()]
    return (['s3 DeleteObjects', 'ncloud DeleteObjects', 'yandex DeleteObjects'] as const).flatMap((decoder) =>
      [false, true].map((quiet) => ({ ...common, decoder, items, quiet, body })),
    )
  })
  const errors = errorResponses.flatMap(({ body, status = 400 }) =>
    (['s3 DeleteObjects', 's3 DeleteObject'] as const).flatMap((decoder) =>
      [200, status].map((each) => ({ ...common, decoder, items: ['a'], quiet: false, body, status: each })),
    ),
  )
  return [...answers, ...errors]
}
