import { EsaKvClient } from 'keysweep/alibaba-esa'
import { S3StorageClient } from 'keysweep/s3'
import { describe, expect, test } from 'vitest'

const pair = { accessKeyId: 'id', secretAccessKey: 'secret' }

describe('a store that asks to wait', () => {
  const at = Date.UTC(2020, 0, 1)

  /** How long the client waits after one such answer. */
  async function waitAfter(answer: (keys: string[]) => Response, more: { date?: string; clock?: () => Date } = {}) {
    const delays: (number | undefined)[] = []
    let isFirst = true
    const client = new S3StorageClient({
      ...{ bucket: 'b', region: 'r', credentials: pair, random: () => 0, ...more },
      onAttempt: ({ retryDelayMs }) => delays.push(retryDelayMs),
      fetch: async (request) => {
        const keys = [...(await request.text()).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key as string)
        const deleted = keys.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')
        if (!isFirst) return new Response(`<DeleteResult>${deleted}</DeleteResult>`)
        isFirst = false
        return answer(keys)
      },
    })
    const { deleted } = await client.deleteMany(['a', 'b'])
    expect(deleted).toHaveLength(2)
    return delays[0]
  }
  const busy = (headers: Record<string, string>) => () => new Response('', { status: 503, headers })

  test('until a date is waited for by the store’s clock, and where it gives none by the user’s', async () => {
    const until = new Date(at + 30).toUTCString()
    const later = new Date(at + 1000).toUTCString()
    expect(until).not.toBe(later)
    const clock = () => new Date(at)
    expect(await waitAfter(busy({ 'retry-after': later }), { clock })).toBe(1000)
    const date = new Date(at + 900 * 1000).toUTCString()
    const afterThat = new Date(at + 901 * 1000).toUTCString()
    expect(await waitAfter(busy({ date, 'retry-after': afterThat }), { clock })).toBe(1000)
  })

  test('in an answer that lists single keys as failed is waited for', async () => {
    const answer = () =>
      new Response(
        `<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>SlowDown</Code></Error></DeleteResult>`,
        { headers: { 'retry-after': '1' } },
      )
    expect(await waitAfter(answer)).toBe(1000)
  })

  test('by a header of its own is waited for, beside single keys too', async () => {
    const delays: (number | undefined)[] = []
    const client = new EsaKvClient({
      ...{ namespace: 'n', credentials: pair, random: () => 0 },
      onAttempt: ({ retryDelayMs }) => delays.push(retryDelayMs),
      fetch: async () =>
        delays.length === 0
          ? Response.json({ SuccessKeys: ['a'], FailKeys: ['b'] }, { headers: { 'x-acs-retry-after': '20' } })
          : Response.json({ SuccessKeys: ['b'], FailKeys: [] }),
    })
    expect((await client.deleteMany(['a', 'b'])).failed).toEqual([])
    expect(delays).toEqual([20, undefined])
  })
})

test('an attempt is counted for what it is, for single keys too', async () => {
  const attempts: number[] = []
  const client = new S3StorageClient({
    ...{ bucket: 'b', region: 'r', credentials: pair, retry: { maxAttempts: 4, baseDelayMs: 0 } },
    onAttempt: ({ attempt }) => attempts.push(attempt),
    fetch: async () =>
      new Response('<DeleteResult><Error><Key>a</Key><Code>InternalError</Code></Error></DeleteResult>'),
  })
  const { failed } = await client.deleteMany(['a'])
  expect([attempts, failed[0]?.attempts]).toEqual([[1, 2, 3, 4], 4])
})
