import { expect, it } from 'vitest'
import type { AttemptEvent, DeletedKey, FailedKey, Progress, Source } from '../../src/index.js'
import { expectAccounted } from './expectations.js'
import { manyKeys, openLab, QUICK, rejection, type Subject } from './lab.js'

/** How a run is called, and what it tells its caller. */
export function describeCallers({ name, mostKeys, operation, open }: Subject): void {
  it('tells the same batch by batch as at once', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 3 + 5).flatMap((key, index) => (index % 700 === 0 ? ['', key] : [key]))
    lab.fill(keys.filter((key) => key !== ''))
    const client = open(lab)
    const whole = await client.deleteMany(keys)
    const batches = []
    for await (const batch of client.deleteBatches(keys)) batches.push(batch)
    const ends = batches.map(({ settledThrough }) => settledThrough)
    expect(ends).toEqual([...ends].sort((a, b) => a - b))
    expect(ends.at(-1)).toBe(keys.length)
    batches.sort((a, b) => a.offset - b.offset)
    let offset = 0
    const deleted: DeletedKey[] = []
    const failed: FailedKey[] = []
    for (const batch of batches) {
      expect(batch.offset).toBe(offset)
      expect(batch.deleted.length + batch.failed.length).toBe(batch.count)
      expectAccounted(batch, keys.slice(offset, offset + batch.count))
      offset += batch.count
      deleted.push(...batch.deleted)
      failed.push(...batch.failed)
      expect(batch).not.toHaveProperty('resumeFrom')
    }
    expect({ deleted, failed }).toEqual({ deleted: whole.deleted, failed: whole.failed })
    for (const number of ['items', 'deleted', 'failed', 'requests', 'retries', 'throttled', 'bytesSent'] as const)
      expect(batches.reduce((sum, { stats }) => sum + stats[number], 0)).toBe(whole.stats[number])
  })

  it('says in its batches where to resume', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 3)
    const batches = []
    for await (const batch of open(lab).deleteBatches(keys, { maxRequests: 2 })) batches.push(batch)
    expect(batches.at(-1)).toMatchObject({ resumeFrom: mostKeys * 2, settledThrough: mostKeys * 2 })
    expect(batches.reduce((sum, { stats }) => sum + stats.requests, 0)).toBe(2)
  })

  const inputs: readonly (readonly [what: string, of: (keys: string[]) => Source<string>, hasLength: boolean])[] = [
    ['an array', (keys) => keys, true],
    ['a set', (keys) => new Set(keys), true],
    ['the keys of a map', (keys) => new Map(keys.map((key) => [key, 1])).keys(), false],
    [
      'a generator',
      function* (keys) {
        yield* keys
      },
      false,
    ],
    [
      'an asynchronous generator',
      async function* (keys) {
        yield* keys
      },
      false,
    ],
    ['a stream', (keys) => streamOf(keys), false],
    ['a stream that comes in bursts', (keys) => streamOf(keys, 700), false],
  ]
  for (const [what, of, hasLength] of inputs)
    it(`takes ${what}`, async () => {
      const lab = await openLab(name)
      const keys = manyKeys(mostKeys + 7)
      lab.fill(keys)
      const totals = new Set<number | undefined>()
      const report = await open(lab).deleteMany(of(keys), { onProgress: ({ total }) => totals.add(total) })
      expectAccounted(report, keys)
      expect(report.failed).toEqual([])
      expect(report.deleted.map(({ key }) => key)).toEqual(keys)
      expect(report.stats.requests).toBe(2)
      expect(lab.held).toEqual([])
      expect([...totals]).toEqual([hasLength ? keys.length : undefined])
    })

  it('takes no more of its input than it needs', async () => {
    const lab = await openLab(name)
    let pulled = 0
    function* keys() {
      for (;;) yield `key-${pulled++}`
    }
    for await (const { offset } of open(lab).deleteBatches(keys(), { concurrency: 1 })) if (offset > 0) break
    expect(pulled).toBeLessThan(mostKeys * 20)
  })

  for (const keys of ['key', 7, null, undefined, {}, { length: 1 }, true, () => ['key']])
    it(`refuses ${typeof keys === 'string' ? 'a string' : (JSON.stringify(keys) ?? typeof keys)} for keys`, async () => {
      const lab = await openLab(name)
      const client = open(lab)
      const error = await rejection(client.deleteMany(keys as unknown as string[]))
      expect(error).toBeInstanceOf(TypeError)
      expect((error as TypeError).message).toContain('keys')
      expect(await rejection(client.deleteBatches(keys as unknown as string[]).next())).toBeInstanceOf(TypeError)
      expect(lab.stats.requests).toBe(0)
    })

  const badOptions: readonly (readonly [option: string, value: unknown, type: typeof TypeError | typeof RangeError])[] =
    [
      ['concurrency', 0, RangeError],
      ['concurrency', '8', TypeError],
      ['concurrency', 1.5, RangeError],
      ['maxRequests', -1, RangeError],
      ['maxRequests', 'all', TypeError],
      ['quiet', 'yes', TypeError],
      ['dryRun', 1, TypeError],
      ['onProgress', 'log', TypeError],
      ['signal', 'stop', TypeError],
      ['signal', null, TypeError],
      ['signal', { aborted: false }, TypeError],
      ['signal', new EventTarget(), TypeError],
    ]
  for (const [option, value, type] of badOptions)
    it(`refuses ${JSON.stringify(value)} for ${option}`, async () => {
      const lab = await openLab(name)
      const error = await rejection(open(lab).deleteMany(['a'], { [option]: value }))
      expect(error).toBeInstanceOf(type)
      expect((error as Error).message).toContain(option)
      expect(lab.stats.requests).toBe(0)
    })

  const badSettings: readonly (readonly [option: string, value: unknown])[] = [
    ['credentials', undefined],
    ['credentials', 'key:secret'],
    ['credentials', { accessKeyId: 'a' }],
    ['credentials', { accessKeyId: 'a\nb', secretAccessKey: 'c' }],
    ['credentials', { accessKeyId: 'a', sign: 'c' }],
    ['endpoint', 'not a url'],
    ['endpoint', 'ftp://127.0.0.1'],
    ['endpoint', 'http://store.example'],
    ['endpoint', 'https://user:password@store.example'],
    ['endpoint', 7],
    ['fetch', 'fetch'],
    ['onAttempt', {}],
    ['clock', 5],
    ['random', 0.5],
    ['concurrency', 0],
    ['timeoutMs', 0],
    ['timeoutMs', Number.NaN],
    ['timeoutMs', '60'],
    ['retry', 3],
    ['retry', { maxAttempts: 0 }],
    ['retry', { baseDelayMs: -1 }],
    ['allowHttp', 'yes'],
    ['dispatcher', {}],
    ['signingHost', ''],
    ['signingHost', 'https://store.example'],
    ['container', ''],
  ]
  for (const [option, value] of badSettings)
    it(`is not made with ${JSON.stringify(value)} for ${option}`, () => {
      let error: unknown
      try {
        open({ endpoint: 'http://127.0.0.1:1', [option]: value })
      } catch (thrown) {
        error = thrown
      }
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
      const named = option === 'container' ? /bucket|namespace/ : new RegExp(option)
      expect((error as Error).message).toMatch(named)
      expect((error as Error).message).not.toContain('password')
    })

  it('tells its progress after every attempt', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 4)
    const told: Progress[] = []
    const report = await open(lab).deleteMany(keys, { onProgress: (progress) => told.push({ ...progress }) })
    expect(told).toHaveLength(report.stats.requests)
    for (const progress of told)
      expect(progress).toEqual({
        ...Object.fromEntries(Object.keys(report.stats).map((number) => [number, expect.any(Number)])),
        total: keys.length,
        inFlight: expect.any(Number),
        concurrency: 8,
      })
    expect(told.at(-1)).toMatchObject({ items: keys.length, deleted: keys.length, requests: 4, inFlight: 0 })
    const counts = told.map(({ requests, items }) => [requests, items])
    expect(counts).toEqual([...counts].sort(([a = 0], [b = 0]) => a - b))
  })

  it('tells each attempt', async () => {
    const lab = await openLab(name)
    lab.faults({ status: { 503: 1 } })
    const events: AttemptEvent[] = []
    const client = open({
      ...lab,
      retry: QUICK,
      onAttempt: (event) => {
        events.push(event)
        if (events.length === 2) lab.faults({})
      },
    })
    const report = await client.deleteMany(['a', 'b', 'a'])
    expect(report.deleted).toHaveLength(3)
    const always = {
      operation,
      items: 2,
      durationMs: expect.any(Number),
    }
    const refused = { ...always, status: 503, code: expect.any(String), retryDelayMs: expect.any(Number) }
    expect(events.map(({ requestId, ...event }) => event)).toEqual([
      { ...refused, attempt: 1 },
      { ...refused, attempt: 2 },
      { ...always, attempt: 3, status: 200 },
    ])
  })

  it('tells no attempt of a dry run', async () => {
    const lab = await openLab(name)
    const events: AttemptEvent[] = []
    await open({ ...lab, onAttempt: (event) => events.push(event) }).deleteMany(['a'], { dryRun: true })
    expect(events).toEqual([])
  })

  it('has no more requests in flight than it may', async () => {
    const lab = await openLab(name)
    lab.faults({ latencyMs: 10 })
    let inFlight = 0
    let most = 0
    const counting = async (request: Request) => {
      most = Math.max(most, ++inFlight)
      try {
        return await fetch(request)
      } finally {
        inFlight--
      }
    }
    await open({ ...lab, fetch: counting }).deleteMany(manyKeys(mostKeys * 7), { concurrency: 3 })
    expect(most).toBe(3)
  })

  it('serves several runs at once', async () => {
    const lab = await openLab(name)
    const groups = ['a-', 'b-', 'c-'].map((prefix) => manyKeys(mostKeys + 1, prefix))
    lab.fill(groups.flat())
    const client = open(lab)
    const reports = await Promise.all(groups.map((keys) => client.deleteMany(keys)))
    for (const [index, report] of reports.entries()) {
      expectAccounted(report, groups[index] ?? [])
      expect(report.failed).toEqual([])
    }
    expect(lab.held).toEqual([])
  })
}

function streamOf(keys: readonly string[], burst = 1): ReadableStream<string> {
  let next = 0
  return new ReadableStream({
    async pull(controller) {
      if (next >= keys.length) return controller.close()
      for (const key of keys.slice(next, next + burst)) controller.enqueue(key)
      next += burst
      if (burst > 1) await new Promise((resolve) => setTimeout(resolve))
    },
  })
}
