import { KeysweepError, type SigningRequest } from 'keysweep'
import { EsaKvClient } from 'keysweep/alibaba-esa'
import { createEmulator } from 'keysweep/emulator'
import { S3StorageClient, type S3StorageOptions } from 'keysweep/s3'
import { describe, expect, test } from 'vitest'
import { keyNames, ModelStore, QUICK } from './model-store.js'

const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
const open = (options: Partial<S3StorageOptions>) =>
  new S3StorageClient({ bucket: 'b', region: 'r', ...QUICK, credentials, ...options })

/** Answers so many requests with 503, all others as the emulator does. */
function stumbling(times: number) {
  const emulator = createEmulator()
  emulator.state.create('s3', 'b')
  let left = times
  return async (request: Request) => (left-- > 0 ? new Response('', { status: 503 }) : emulator.fetch(request))
}

describe('a budget', () => {
  test.each([4, 5, 6])(
    'of %d is spent to the last, where three answers come at the same moment',
    async (maxRequests) => {
      const report = await open({ fetch: stumbling(3) }).deleteMany(keyNames(3000), { maxRequests })
      expect([report.stats.requests, report.deleted.length]).toEqual([maxRequests, 1000 * (maxRequests - 3)])
    },
  )

  /** Fails so many times. */
  const failing = (times: number) => {
    let left = times
    return async () => {
      if (left-- > 0) throw new Error('none to be had')
      return credentials
    }
  }

  test('is not spent by what was not sent', async () => {
    const keys = keyNames(5000)
    const { fetch } = new ModelStore('s3', keys)
    const report = await open({ fetch, credentials: failing(1) }).deleteMany(keys, { maxRequests: 1 })
    expect([report.stats.requests, report.deleted.length, report.resumeFrom]).toEqual([1, 1000, 1000])
  })

  test('does not hide that credentials cannot be had', async () => {
    const run = open({ credentials: failing(Number.POSITIVE_INFINITY) }).deleteMany(keyNames(5000), { maxRequests: 1 })
    await expect(run).rejects.toMatchObject({ code: 'CredentialsFailed' })
  })
})

describe('once a run has ended', () => {
  const broken = () => {
    throw new Error('broken')
  }
  const stubborn = new Response('<Error><Code>NoSuchBucket</Code></Error>', { status: 404 })

  test.each([
    { what: 'onAttempt throws', options: { onAttempt: broken }, run: {}, code: 'CallbackFailed' },
    { what: 'onProgress throws', options: {}, run: { onProgress: broken }, code: 'CallbackFailed' },
    { what: 'the store refuses all', options: { fetch: async () => stubborn.clone() }, run: {}, code: 'NoSuchBucket' },
  ])('nothing is sent that was about to be signed: $what', async ({ options, run, code }) => {
    let resolve = (_: string) => {}
    const hanging = new Promise<string>((settle) => {
      resolve = settle
    })
    let signatures = 0
    const sign = (_: SigningRequest) => (++signatures === 1 ? Promise.resolve('0'.repeat(64)) : hanging)
    const store = new ModelStore('s3', keyNames(4000))
    const sent: string[] = []
    const fetch = (request: Request) => {
      sent.push(request.url)
      return (options.fetch ?? store.fetch)(request)
    }
    const client = open({ ...options, credentials: { accessKeyId: 'id', sign }, fetch })
    const error = await client.deleteMany(keyNames(4000), run).catch((reason: unknown) => reason)
    resolve('0'.repeat(64))
    await new Promise((done) => setTimeout(done, 20))
    expect([signatures, sent.length]).toEqual([4, 1])
    expect(error).toMatchObject({ code })
    const failed = (error as KeysweepError).report?.failed ?? []
    const unsent = failed.filter(({ outcome }) => outcome === 'not-sent')
    expect(unsent.map((failure) => failure.code)).toEqual(new Array(3000).fill('NotSent'))
  })

  test('its report is not what a logger prints', async () => {
    const run = open({ fetch: async () => stubborn.clone() }).deleteMany(keyNames(1000))
    const error = await run.catch((reason: unknown) => reason as KeysweepError)
    if (!(error instanceof KeysweepError)) throw error
    expect(error.report?.failed).toHaveLength(1000)
    expect(Object.keys(error).sort()).toEqual(['code', 'name', 'provider', 'status'])
    expect(JSON.stringify(error).length).toBeLessThan(200)
    const aborted = await open({})
      .deleteMany(['a'], { signal: AbortSignal.abort() })
      .catch((reason: unknown) => reason)
    expect(Object.keys(aborted as KeysweepError).sort()).toEqual(['code', 'name', 'provider'])
  })
})

test('a clock that was corrected leaves the credentials to be renewed', async () => {
  const answers = [
    new Response('<Error><Code>RequestTimeTooSkewed</Code></Error>', {
      status: 403,
      headers: { date: new Date(Date.now() + 7_200_000).toUTCString() },
    }),
    new Response('<Error><Code>ExpiredToken</Code></Error>', { status: 400 }),
    new Response('<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>'),
  ]
  let fetched = 0
  const renewing = async () => ({ ...credentials, sessionToken: `token-${++fetched}` })
  const fetch = async () => answers.shift() as Response
  const { deleted } = await open({ fetch, credentials: renewing }).deleteMany(['a'])
  expect([deleted, fetched, answers]).toEqual([[{ key: 'a' }], 2, []])
})

describe('batchSize', () => {
  test('is how many items a request holds at most, and a batch', async () => {
    const store = new ModelStore('s3', keyNames(250))
    const sizes: number[] = []
    for await (const batch of open({ fetch: store.fetch }).deleteBatches(keyNames(250), { batchSize: 100 }))
      sizes.push(batch.deleted.length)
    expect(sizes.sort()).toEqual([100, 100, 50])
    expect(store.requests).toHaveLength(3)
  })

  test('raises no limit of a provider', async () => {
    const store = new ModelStore('s3', keyNames(1500))
    await open({ fetch: store.fetch }).deleteMany(keyNames(1500), { batchSize: 5000 })
    expect(store.requests).toHaveLength(2)
  })

  test('holds for puts, and after an item that is too long for the store', async () => {
    const sizes: number[] = []
    const fetch = async (request: Request) => {
      const list = JSON.parse(new URLSearchParams(await request.text()).get('KvList') ?? '[]') as { Key: string }[]
      sizes.push(list.length)
      if (list.some(({ Key }) => Key === 'k3')) return new Response('', { status: 413 })
      return Response.json({ SuccessKeys: list.map(({ Key }) => Key), FailKeys: [] })
    }
    const client = new EsaKvClient({ namespace: 'n', fetch, concurrency: 1, ...QUICK })
    const entries = Array.from({ length: 40 }, (_, index) => ({ key: `k${index}`, value: '' }))
    const { failed } = await client.putMany(entries, { batchSize: 10 })
    expect([failed.map(({ key }) => key), Math.max(...sizes)]).toEqual([['k3'], 10])
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', null])('is not %s', async (batchSize) => {
    const run = open({}).deleteMany(['a'], { batchSize: batchSize as number })
    await expect(run).rejects.toThrow(/^batchSize must be a/)
  })
})

test.each([undefined, 5, {}, '', 'a\r\nx: y', 'ü', 'a b'])('a signature of %j is none', async (signature) => {
  const sign = async () => signature as string
  const fetch = () => expect.fail('sent')
  const run = open({ fetch, credentials: { accessKeyId: 'id', sign } }).deleteMany(['a'])
  await expect(run).rejects.toMatchObject({
    code: 'CredentialsFailed',
    message: expect.stringContaining('credentials.sign must resolve to hex or base64'),
  })
})
