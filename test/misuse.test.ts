import { EsaKvClient } from 'keysweep/alibaba-esa'
import { CtyunZosClient } from 'keysweep/ctyun-zos'
import { S3StorageClient, type S3StorageOptions } from 'keysweep/s3'
import { describe, expect, test } from 'vitest'

const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
const fetch = () => expect.fail('sent')
const open = (more: object = {}) =>
  new S3StorageClient({ bucket: 'b', region: 'r', credentials, fetch, ...more } as S3StorageOptions)

describe('an option that is not heeded is refused, for it could mean that too much is deleted', () => {
  test.each(['dryrun', 'dry_run', 'maxRequest', 'onprogress', 'timeoutMs', 'retry', '0'])(
    '%s of a run',
    async (name) => {
      await expect(open().deleteMany(['a'], { [name]: 1 })).rejects.toThrow(
        new TypeError(
          `${name} is no option here; there are concurrency, batchSize, signal, onProgress, dryRun, maxRequests, quiet, bypassGovernance`,
        ),
      )
      await expect(
        open()
          .deleteBatches(['a'], { [name]: 1 })
          .next(),
      ).rejects.toThrow(TypeError)
      const kv = new EsaKvClient({ namespace: 'n', credentials, fetch })
      await expect(kv.putMany([{ key: 'a', value: '' }], { [name]: 1 })).rejects.toThrow(TypeError)
    },
  )

  test.each(['dryRun', 'maxRequests', 'signal', 'quiet', 'onProgress', 'batchSize', 'bypassGovernance'])(
    '%s of a client',
    (name) => {
      expect(() => open({ [name]: true })).toThrow(
        new TypeError(`${name} is an option of a run: give it to deleteMany, not to the client`),
      )
    },
  )

  test('of retries', () => {
    expect(() => open({ retry: { attempts: 3 } })).toThrow(
      new TypeError('retry.attempts is no option here; there are maxAttempts, baseDelayMs, maxDelayMs'),
    )
  })

  test('but one that is undefined is none', async () => {
    const client = open({ dryRun: undefined, retry: { attempts: undefined } })
    const report = await client.deleteMany(['a'], { dryRun: true, dryrun: undefined } as object)
    expect(report.stats.requests).toBe(1)
  })
})

describe('what is likely to be meant is said of', () => {
  test('options in a list', async () => {
    expect(() => new EsaKvClient([] as never)).toThrow('options must be an object, not an array')
    await expect(open().deleteMany(['a'], [] as never)).rejects.toThrow('options must be an object, not an array')
  })

  test('a Promise of keys, or of credentials', async () => {
    await expect(open().deleteMany(Promise.resolve(['a']) as never)).rejects.toThrow('not a Promise; await it')
    expect(() => open({ credentials: Promise.resolve(credentials) })).toThrow('await it, or give a function')
  })

  test('a version by the name that AWS gives it', async () => {
    for (const client of [open(), new CtyunZosClient({ bucket: 'b', regionId: 'r', credentials, fetch })]) {
      const keys = [
        { key: 'a', VersionId: 'v' },
        { key: 'b', versionId: 'v', VersionId: 'v' },
      ]
      const { failed } = await client.deleteMany(keys as never[])
      expect(failed).toMatchObject(
        keys.map(({ key }) => ({
          ...{ key, code: 'InvalidKey', outcome: 'not-sent' },
          message: 'a version is named by `versionId`, not `VersionId`',
        })),
      )
    }
  })

  test('a key by the name that AWS gives it', async () => {
    const { failed } = await open().deleteMany([{ Key: 'a' }, ['a'], 5] as never[])
    expect(failed.map(({ message }) => message.replace('a key must be a string or { key: string }, ', ''))).toEqual([
      'not { key: undefined }',
      'not an array',
      'not number',
    ])
  })

  test('a whole file for a key, which is not repeated', async () => {
    const { failed } = await open().deleteMany([Buffer.from('line\n'.repeat(1e5))] as never[])
    expect(failed[0]).toMatchObject({ code: 'InvalidKey', key: expect.stringMatching(/^(line\n){20}$/) })
  })

  test('an expiration in milliseconds', async () => {
    const kv = new EsaKvClient({ namespace: 'n', credentials, fetch })
    const { failed } = await kv.putMany([{ key: 'a', value: '', expiration: Date.now() + 3_600_000 }])
    expect(failed).toMatchObject([{ code: 'InvalidEntry', message: expect.stringContaining('not milliseconds') }])
    const plan = await kv.putMany([{ key: 'a', value: '', expiration: 253_402_300_799 }], { dryRun: true })
    expect(plan.failed).toEqual([])
  })

  test('a secret with the line end of its file', () => {
    for (const secretAccessKey of ['secret\n', ' secret'])
      expect(() => open({ credentials: { accessKeyId: 'id', secretAccessKey } })).toThrow(
        new TypeError('credentials.secretAccessKey must not begin or end with white space'),
      )
  })

  test.each(['s3://photos', 'photos/2019', '/photos'])('%s for a bucket', (bucket) => {
    for (const addressing of ['path', 'virtual'])
      expect(() => open({ bucket, addressing })).toThrow(/^bucket must be the name alone/)
  })

  test('a clock that gives no time', async () => {
    const run = open({ clock: () => new Date('x') }).deleteMany(['a'])
    await expect(run).rejects.toMatchObject({ cause: new TypeError('clock must return a valid Date') })
  })

  test('a signal that is none', async () => {
    await expect(open().deleteMany(['a'], { signal: 5 as never })).rejects.toThrow(
      'signal must be an AbortSignal, not number',
    )
  })
})

test('a bucket’s name in a message is no cause', async () => {
  const answer = { statusCode: 900, errorCode: 'X', message: 'object k is bad in bucket eu-region-1', error: 'X' }
  const client = new CtyunZosClient({
    ...{ bucket: 'eu-region-1', regionId: 'r', credentials },
    fetch: async () => Response.json(answer),
  })
  const { failed } = await client.deleteMany(['k', 'l'])
  expect(failed.map(({ code }) => code)).toEqual(['X', 'X'])
})

test('AWS is known to look at an eTag, other stores are not', async () => {
  const key = { key: 'a', eTag: '"x"' }
  const open3 = (more: object) => open({ credentials, ...more }).deleteMany([key], { dryRun: true })
  expect((await open3({})).failed).toEqual([])
  expect((await open3({ conditionalDeletes: false })).failed).toHaveLength(1)
  expect((await open3({ endpoint: 'https://s3.example' })).failed).toHaveLength(1)
  expect((await open().deleteMany([{ key: 'a', size: 1 }], { dryRun: true })).failed).toHaveLength(1)
})

test('leaving while a batch is awaited ends the run at once', async () => {
  let sent = () => {}
  const hanging = {
    fetch: () => {
      sent()
      return new Promise<Response>(() => {})
    },
  }
  for (const run of [
    () => open(hanging).deleteBatches(['a']),
    () => new EsaKvClient({ namespace: 'n', credentials, ...hanging }).putBatches([{ key: 'a', value: '' }]),
  ]) {
    const batches = run()
    const isSent = new Promise<void>((resolve) => {
      sent = resolve
    })
    const pending = batches.next()
    await isSent
    const left = await batches.return?.()
    expect(left?.done).toBe(true)
    const batch = await pending
    expect(batch.done ? [] : batch.value.failed).toMatchObject([{ key: 'a', code: 'Aborted', outcome: 'unknown' }])
    expect(await batches.next()).toEqual({ done: true, value: undefined })
  }
  const unopened = open(hanging).deleteBatches(['a'])
  expect(await unopened.return?.()).toEqual({ done: true, value: undefined })
})

test('credentials that live shorter than a minute are used as long as they live', async () => {
  let now = Date.now()
  let fetched = 0
  const client = open({
    clock: () => new Date(now),
    credentials: () => {
      fetched++
      return { ...credentials, expiration: new Date(now + 30_000) }
    },
    fetch: async () => new Response('<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>'),
  })
  for (const time of [0, 10_000, 19_000, 2_000]) {
    now += time
    await client.deleteMany(['a'])
  }
  expect(fetched).toBe(2)
})
