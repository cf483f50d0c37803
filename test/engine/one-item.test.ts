import { EsaKvClient } from 'keysweep/alibaba-esa'
import { S3StorageClient } from 'keysweep/s3'
import { describe, expect, test } from 'vitest'
import { clientFor, keyNames, ModelStore, QUICK } from './model-store.js'

describe('one item that is refused', () => {
  /** Takes bodies of so many bytes, and writes what they hold. */
  const gateway = (mostBytes: number) => async (request: Request) => {
    const body = await request.text()
    if (body.length > mostBytes) return new Response('<html>too large</html>', { status: 413 })
    const list = new URLSearchParams(body).get('KvList')
    const written = list ? (JSON.parse(list) as { Key: string }[]).map(({ Key }) => Key) : []
    return Response.json({ RequestId: 'r', SuccessKeys: written, FailKeys: [] })
  }

  test.each([
    { size: 150_000, at: 0, concurrency: 1 },
    { size: 150_000, at: 250, concurrency: 1 },
    { size: 150_000, at: 499, concurrency: 8 },
    { size: 1_999_000, at: 0, concurrency: 1 },
    { size: 1_999_000, at: 499, concurrency: 8 },
  ])(
    'for its $size bytes, at $at, takes no other with it, $concurrency in flight',
    async ({ size, at, concurrency }) => {
      const entries = keyNames(500).map((key, index) => ({ key, value: 'v'.repeat(index === at ? size : 1000) }))
      const client = new EsaKvClient({ namespace: 'n', fetch: gateway(100_000), concurrency, ...QUICK })
      const { written, failed } = await client.putMany(entries)
      expect([written.length, failed.map(({ key }) => key)]).toEqual([499, [entries[at]?.key]])
    },
  )

  test.each([30, 64, 200])('among %d others of its kind at the beginning takes no good one with it', async (count) => {
    const keys = keyNames(1000)
    const store = new ModelStore('s3', keys)
    store.poison = new Set(keys.slice(0, count))
    const { deleted } = await clientFor(store, { concurrency: 1 }).deleteMany(keys)
    expect(deleted).toHaveLength(1000 - count)
  })

  describe('with others of its kind beside it takes no good one with it', () => {
    const between = (from: number, to: number) => (at: number) => at % 1000 >= from && at % 1000 < to
    test.each([
      ['100 of 1,000', 1000, between(450, 550)],
      ['900 of 1,000', 1000, between(50, 950)],
      ['40 in each of eight requests', 8000, between(480, 520)],
      ['every other one', 1000, (at: number) => at % 2 === 1],
      ['the first 1,000, and then one in each request', 8000, (at: number) => at < 1000 || at % 1000 === 777],
    ] as const)('%s', async (_, count, isBad) => {
      for (const concurrency of [1, 8]) {
        const keys = keyNames(count)
        const store = new ModelStore('s3', keys)
        store.poison = new Set(keys.filter((_key, at) => isBad(at)))
        const { deleted, failed } = await clientFor(store, { concurrency }).deleteMany(keys)
        expect([deleted.length, failed.length]).toEqual([count - store.poison.size, store.poison.size])
        // Two for each that is bad, and for each halving on the way to where they begin and end.
        const ends = keys.filter((_key, at) => isBad(at) !== isBad(at - 1) || at % 1000 === 0).length
        const most = Math.min(2 * count, 2 * (store.poison.size + 10 * ends))
        expect(store.requests.length).toBeLessThanOrEqual(count / 1000 + most)
      }
    })
  })

  const single = [
    [404, '<Error><Code>NoSuchVersion</Code></Error>', 'NoSuchVersion'],
    [404, '<Error><Code>NoSuchKey</Code></Error>', 'NoSuchKey'],
    [405, '<Error><Code>MethodNotAllowed</Code></Error>', 'MethodNotAllowed'],
    [412, '<Error><Code>PreconditionFailed</Code></Error>', 'PreconditionFailed'],
    [403, '<Error><Code>AccessDenied</Code></Error>', 'AccessDenied'],
    [403, '<Error><Code>InvalidObjectState</Code></Error>', 'InvalidObjectState'],
    [403, '<html>blocked</html>', 'BadResponse'],
    [404, '<html>not found</html>', 'BadResponse'],
    [414, '', 'BadResponse'],
    [431, '', 'BadResponse'],
  ] as const
  test.each(single)('by a single deletion with %d %s fails alone', async (status, body, code) => {
    const store = new ModelStore('s3', keyNames(2500))
    const fetch = (request: Request) =>
      request.method === 'DELETE' ? Promise.resolve(new Response(body, { status })) : store.fetch(request)
    const client = new S3StorageClient({ bucket: 'b', region: 'r', fetch, concurrency: 1, ...QUICK })
    const { deleted, failed } = await client.deleteMany([{ key: 'odd\u0001', versionId: 'gone' }, ...keyNames(2500)])
    expect([deleted.length, failed.length]).toEqual([2500, 1])
    expect(failed[0]).toMatchObject({ key: 'odd\u0001', code, outcome: 'refused', retryable: false, attempts: 1 })
  })

  test.each([
    [404, 'NoSuchBucket'],
    [403, 'InvalidAccessKeyId'],
    [403, 'AccountProblem'],
    [301, 'PermanentRedirect'],
  ])('by a single deletion with %d %s ends the run', async (status, code) => {
    const fetch = async () => new Response(`<Error><Code>${code}</Code></Error>`, { status })
    const client = new S3StorageClient({ bucket: 'b', region: 'r', fetch, ...QUICK })
    await expect(client.deleteMany(['odd\u0001'])).rejects.toMatchObject({ code, status })
  })

  test.each([403, 404, 414, 431])('by a single put with %d and no code fails alone', async (status) => {
    const batches = gateway(2_000_000)
    const fetch = (request: Request) =>
      request.headers.get('x-acs-action') === 'PutKv'
        ? Promise.resolve(new Response('<html>no</html>', { status }))
        : batches(request)
    const client = new EsaKvClient({ namespace: 'n', fetch, ...QUICK })
    const { written, failed } = await client.putMany([
      { key: 'long', value: 'v'.repeat(2_000_000) },
      { key: 'a', value: '' },
    ])
    expect([written, failed.map(({ key, code }) => [key, code])]).toEqual([[{ key: 'a' }], [['long', 'BadResponse']]])
  })

  test('by a single put for want of rights ends the run', async () => {
    const fetch = async () => Response.json({ Code: 'Forbidden.RAM', Message: 'no' }, { status: 403 })
    const client = new EsaKvClient({ namespace: 'n', fetch, ...QUICK })
    const run = client.putMany([{ key: 'long', value: 'v'.repeat(2_000_000) }])
    await expect(run).rejects.toMatchObject({ code: 'Forbidden.RAM' })
  })
})
