/** A small application of one provider. */
export interface App {
  readonly store: 'alibaba-esa' | 's3'
  readonly client: string
  /** The client's own options, as code. */
  readonly options: string
  /** Packages that it may hold, beside keysweep. */
  readonly packages: Readonly<Record<'node' | 'web', readonly string[]>>
}

/** What clients need whatever their provider. */
const COMMON: App['packages'] = { node: ['undici'], web: [] }

export const APPS: readonly App[] = [
  { store: 'alibaba-esa', client: 'EsaKvClient', options: 'namespace: container', packages: COMMON },
  {
    store: 's3',
    client: 'S3StorageClient',
    options: "bucket: container, region: 'us-east-1'",
    packages: {
      node: [...COMMON.node, 'fast-xml-parser'],
      web: [...COMMON.web, 'fast-xml-parser', 'spark-md5'],
    },
  },
]

/** The application as its author would write it, but that it reports to `control`. */
export const sourceOf = ({ store, client, options }: App, control: string): string => `
import { ${client} } from 'keysweep/${store}'

const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }

async function call(name, ...args) {
  const answer = await fetch('${control}/call', { method: 'POST', body: JSON.stringify({ name, args }) })
  return answer.json()
}

async function main() {
  const { endpoint, container } = await call('open', '${store}', false)
  await call('fill', ['a', 'b', 'c'])
  const open = (credentials) => new ${client}({ ${options}, endpoint, credentials })
  const { deleted } = await open(credentials).deleteMany(['a', 'b'])
  const held = await call('held')
  const isDone = deleted.length === 2 && held.join() === 'c'
  await call('report', 'deletes', isDone ? null : JSON.stringify({ deleted, held }))
  // For this, a client of the S3 family loads its XML parser.
  const refusal = await open({ ...credentials, secretAccessKey: 'wrong' }).deleteMany(['c']).catch((error) => error)
  await call('report', 'reads a refusal', refusal.code === 'SignatureDoesNotMatch' ? null : String(refusal))
  await call('end')
}
`

/** How a program is started: as a script, or by workerd. */
export const ENDINGS = { script: 'main()', worker: 'export const app = { test: main }' } as const
