import { EsaKvClient, isKeysweepError, KeysweepError, S3StorageClient, YandexStorageClient } from 'keysweep'
import { createEmulator } from 'keysweep/emulator'
import * as s3 from 'keysweep/s3'
import { CONTAINER, KEY_PAIR, rejection } from '../../providers/subjects.js'
import { equal, ok } from './check.js'
import { can, openLab } from './lab.js'
import type { Case } from './run.js'

/** What differs between runtimes, and what only some stores know. */
export const surroundings = (): Case[] => [
  [
    'the runtime is what it is said to be',
    async () => {
      equal(globalThis.crypto.subtle !== undefined, can('subtle'), 'crypto.subtle')
      if ('isSecureContext' in globalThis) equal(globalThis.isSecureContext, can('subtle'), 'isSecureContext')
    },
  ],
  [
    'every door gives the same classes',
    async () => {
      ok(s3.S3StorageClient === S3StorageClient, 'two classes S3StorageClient')
      ok(isKeysweepError(new KeysweepError('', { code: 'c', provider: 's3' })), 'no KeysweepError')
    },
  ],
  [
    'a dispatcher is taken where undici sends, and refused elsewhere',
    async () => {
      const lab = await openLab('alibaba-esa')
      const sent: unknown[] = []
      const dispatcher = { dispatch: (options: unknown) => sent.push(options) }
      const make = () => new EsaKvClient({ namespace: CONTAINER, credentials: KEY_PAIR, ...lab, dispatcher })
      if (can('dispatcher')) {
        await rejection(make().deleteMany(['a'], { signal: AbortSignal.timeout(100) }))
        equal(sent.length, 1, 'requests')
      } else ok((await rejection(Promise.resolve().then(make))) instanceof TypeError, 'no TypeError')
    },
  ],
  [
    'the emulator opens ports where there are any',
    async () => {
      const emulator = createEmulator()
      if (can('listen')) await (await emulator.listen()).close()
      else ok(String(await rejection(emulator.listen())).includes('listen() needs Node'), 'no reason')
    },
  ],
  [
    'the emulator works inside, whatever goes wrong',
    async () => {
      const emulator = createEmulator()
      emulator.state.create('s3', CONTAINER)
      const options = { bucket: CONTAINER, region: 'us-east-1', credentials: KEY_PAIR, fetch: emulator.fetch }
      const client = new S3StorageClient({ ...options, retry: { maxAttempts: 2, baseDelayMs: 1 } })
      for (const faults of [
        {},
        { slowBytesPerSecond: 10_000 },
        { status: { 503: 1 } },
        { truncate: 1 },
        { reset: 1 },
      ]) {
        emulator.faults('s3', faults)
        for (const key of ['a', 'b']) emulator.state.put('s3', CONTAINER, key)
        const { deleted, failed } = await client.deleteMany(['a', 'b'])
        const works = !('status' in faults || 'truncate' in faults || 'reset' in faults)
        equal([deleted.length, failed.length], works ? [2, 0] : [0, 2], JSON.stringify(faults))
        if (works) equal(emulator.state.keys('s3', CONTAINER), [], 'held')
      }
    },
  ],
  [
    'yandex takes an IAM token',
    async () => {
      const lab = await openLab('yandex')
      await lab.fill(['a', 'b'])
      const bucket = lab.container
      const store = (iamToken: string) =>
        new YandexStorageClient({ bucket, endpoint: lab.endpoint, credentials: { iamToken } })
      equal((await store('emulator-iam-token').deleteMany(['a'], { quiet: true })).failed, [], 'failed')
      ok(isKeysweepError(await rejection(store('another-token').deleteMany(['b']))), 'no KeysweepError')
      equal(await lab.held(), ['b'], 'held')
    },
  ],
  ...(['md5', 'sha256', 'crc32'] as const).map(
    (integrity): Case => [
      `s3 takes a body by its ${integrity}`,
      async () => {
        const lab = await openLab('s3')
        await lab.fill(['a'])
        const { container: bucket, endpoint } = lab
        const options = { bucket, endpoint, region: 'us-east-1', credentials: KEY_PAIR, integrity }
        equal((await new S3StorageClient(options).deleteMany(['a'])).failed, [], 'failed')
        equal(await lab.held(), [], 'held')
      },
    ],
  ),
]
