import { existsSync } from 'node:fs'
import type { StoreName } from 'keysweep/emulator'
import type { Contender } from './compare.js'
import type { Workload } from './job.js'
import { PUT_BATCH } from './keys.js'
import { installedFile } from './prepare.js'
import { type Command, NODE } from './processes.js'

/** Whether an answer lists what was deleted, or only what failed. */
export type Mode = 'verbose' | 'quiet'
export const MODES: readonly Mode[] = ['verbose', 'quiet']

/** Who is compared, in what. */
export interface Entrant {
  readonly name: string
  readonly module: string
  readonly settings?: Readonly<Record<string, unknown>>
  /** The modes it can be asked for. */
  readonly modes: readonly Mode[]
  /** Its package, to tell the version. */
  readonly package?: string
  /** What it does not do. */
  readonly shortfall?: string
  /** Left out of the short form. */
  readonly onlyFull?: true
}

export const FLOOR = { name: 'floor (b)', module: 'floors/s3', modes: MODES } satisfies Entrant

export const keysweep = (integrity: 'sha256' | 'md5'): Entrant => ({
  name: `keysweep, ${integrity}`,
  module: 'keysweep/s3',
  settings: { integrity },
  modes: MODES,
})

/** For orientation: what is left when nothing is encoded, hashed, signed or read. */
export const REPLAYS: readonly Entrant[] = [
  { name: 'replay over a raw socket', module: 'floors/replay-socket', modes: MODES },
  { name: 'replay over undici', module: 'floors/replay-undici', modes: MODES },
]

export const PEERS: readonly Entrant[] = [
  {
    name: 'OpenDAL (Rust)',
    module: 'peers/opendal',
    package: 'opendal',
    modes: ['verbose'],
    shortfall: 'always asks for the verbose answer; resolves to nothing, or throws and does not say what was deleted',
  },
  {
    name: 'aws4fetch by hand',
    module: 'peers/aws4fetch',
    package: 'aws4fetch',
    modes: MODES,
    shortfall:
      'signs and sends; body, answer and batches are up to its user, here as in floor (b). The payload is not signed',
  },
  {
    name: 'minio-js',
    module: 'peers/minio',
    package: 'minio',
    modes: ['quiet'],
    shortfall: 'always asks for the quiet answer; all batches of a call are sent at once',
  },
  {
    name: 's3mini',
    module: 'peers/s3mini',
    package: 's3mini',
    onlyFull: true,
    modes: ['verbose'],
    shortfall: 'always asks for the verbose answer; all batches of a call are sent at once; true or false for a key',
  },
  {
    name: 'ali-oss deleteMulti',
    module: 'peers/ali-oss',
    package: 'ali-oss',
    onlyFull: true,
    modes: MODES,
    shortfall: 'its quiet answer does not say which keys failed; one request a call',
  },
  {
    name: '@aws-sdk/client-s3 by hand',
    module: 'peers/aws-sdk',
    package: '@aws-sdk/client-s3',
    modes: MODES,
    shortfall: 'one request a call: batches, retries of single keys and limits are up to its user',
  },
]

/** One of a provider's calls, by all who can make it. */
export interface Rivalry {
  readonly call: string
  readonly store: StoreName
  readonly workload: Workload
  readonly subject: Entrant
  readonly floor: Entrant
  readonly vendor?: Entrant
  /** Of the floor's CPU, and of the vendor's. */
  readonly most: { readonly floor: number; readonly vendor?: number }
  /** Left out of the short form: much like another one. */
  readonly onlyFull?: true
}

const kvFloor = (action: string): Entrant => ({
  name: 'floor',
  module: 'floors/kv',
  settings: { action },
  modes: ['verbose'],
})
const subject = (module: string): Entrant => ({ name: 'keysweep', module, modes: MODES })

const KV: Workload = { protocol: 'kv', quiet: false, shape: 'plain', count: 1_000_000, batch: 10_000, concurrency: 8 }
const PUT: Workload = { ...KV, protocol: 'kv-put', count: 100_000, batch: PUT_BATCH }
const CTYUN: Workload = { ...KV, protocol: 'ctyun', batch: 1000 }

export const RIVALRIES: readonly Rivalry[] = [
  {
    call: 'ESA BatchDeleteKv',
    store: 'alibaba-esa',
    workload: KV,
    subject: subject('keysweep/alibaba-esa'),
    floor: kvFloor('BatchDeleteKv'),
    vendor: {
      name: '@alicloud/esa20240910',
      module: 'peers/alibaba-esa',
      package: '@alicloud/esa20240910',
      modes: ['verbose'],
    },
    most: { floor: 0.7, vendor: 0.42 },
  },
  {
    call: 'DCDN BatchDeleteDcdnKv',
    store: 'alibaba-dcdn',
    onlyFull: true,
    workload: KV,
    subject: subject('keysweep/alibaba-dcdn'),
    floor: kvFloor('BatchDeleteDcdnKv'),
    vendor: {
      name: '@alicloud/dcdn20180115',
      module: 'peers/alibaba-dcdn',
      package: '@alicloud/dcdn20180115',
      modes: ['verbose'],
    },
    most: { floor: 0.7, vendor: 0.42 },
  },
  {
    call: 'ESA BatchPutKv, values of 1 kB',
    store: 'alibaba-esa',
    workload: PUT,
    subject: subject('keysweep/alibaba-esa'),
    floor: kvFloor('BatchPutKv'),
    vendor: {
      name: '@alicloud/esa20240910',
      module: 'peers/alibaba-esa',
      package: '@alicloud/esa20240910',
      modes: ['verbose'],
    },
    most: { floor: 1 },
  },
  {
    call: 'CTyun delete-objects',
    store: 'ctyun-zos',
    workload: CTYUN,
    subject: subject('keysweep/ctyun-zos'),
    floor: { name: 'floor', module: 'floors/ctyun', modes: MODES },
    most: { floor: 1 },
  },
  {
    call: 'CTyun delete-objects, quiet',
    store: 'ctyun-zos',
    onlyFull: true,
    workload: { ...CTYUN, quiet: true },
    subject: subject('keysweep/ctyun-zos'),
    floor: { name: 'floor', module: 'floors/ctyun', modes: MODES },
    most: { floor: 1 },
  },
]

export interface Runtime {
  readonly name: string
  readonly command: Command
  /** The loop by hand with what the runtime hashes best with. */
  readonly floor: string
}

const RUNTIMES: readonly Runtime[] = [
  { name: 'Node', command: NODE, floor: 'floors/s3-fetch-node' },
  {
    name: 'Bun',
    command: [installedFile('@oven/bun-linux-x64/bin/bun'), '--expose-gc'],
    floor: 'floors/s3-fetch-web',
  },
  {
    name: 'Deno',
    command: [
      installedFile('@deno/linux-x64-glibc/deno'),
      'run',
      '--no-prompt',
      '--cached-only',
      '--allow-all',
      '--v8-flags=--expose-gc',
    ],
    floor: 'floors/s3-fetch-web',
  },
]

/** Those that are there: the others come as packages for one system only. */
export const runtimes = (): Runtime[] => RUNTIMES.filter(({ command: [program = ''] }) => existsSync(program))

/** The entrant in one mode, as a comparison takes it. */
export const inMode = ({ name, module, settings = {} }: Entrant, mode: Mode): Contender => ({
  name: `${name}, ${mode}`,
  module,
  settings,
  workload: { quiet: mode === 'quiet' },
})
