import { expect, it } from 'vitest'
import type { ObjectKey } from '../../src/index.js'
import { expectAccounted } from './expectations.js'
import { hostileKeys, impossibleKeys, lookAlikes } from './keys.js'
import { manyKeys, openLab, type Subject } from './lab.js'

/** Which keys go out, in which requests, and what is said of them. */
export function describeKeys({ name, family, mostKeys, mostBytes, longestKeyBytes, open }: Subject): void {
  it('sends nothing for an empty input', async () => {
    const lab = await openLab(name)
    const report = await open(lab).deleteMany([])
    expect(report).toMatchObject({ deleted: [], failed: [], stats: { items: 0, requests: 0, deleted: 0, failed: 0 } })
    expect(report).not.toHaveProperty('resumeFrom')
    expect(lab.stats.requests).toBe(0)
  })

  it('deletes one key and leaves the others', async () => {
    const lab = await openLab(name)
    lab.fill(['one', 'two'])
    const report = await open(lab).deleteMany(['one'])
    expect(report).toEqual({
      deleted: [{ key: 'one' }],
      failed: [],
      stats: {
        items: 1,
        deleted: 1,
        failed: 0,
        requests: 1,
        retries: 0,
        throttled: 0,
        bytesSent: expect.any(Number),
        bytesReceived: expect.any(Number),
        durationMs: expect.any(Number),
      },
    })
    expect(report.stats.bytesSent).toBeGreaterThan(0)
    expect(report.stats.bytesReceived).toBeGreaterThan(0)
    expect(lab.held).toEqual(['two'])
  })

  it('counts a key that is not there as deleted', async () => {
    const lab = await openLab(name)
    expect((await open(lab).deleteMany(['absent'])).deleted).toEqual([{ key: 'absent' }])
  })

  it('takes keys as objects', async () => {
    const lab = await openLab(name)
    lab.fill(['one', 'two'])
    const report = await open(lab).deleteMany([{ key: 'one' }, 'two'])
    expect(report.deleted).toEqual([{ key: 'one' }, { key: 'two' }])
    expect(lab.held).toEqual([])
  })

  it('never joins halves of a surrogate pair that come in neighbouring keys', async () => {
    const lab = await openLab(name)
    lab.fill(['a\ufffd', '\ufffdb', 'c'])
    const report = await open(lab).deleteMany(['a\ud83d', '\ude00b', 'c'])
    expect(report.failed.map(({ key, code }) => [key, code])).toEqual([
      ['a\ud83d', 'InvalidKey'],
      ['\ude00b', 'InvalidKey'],
    ])
    expect(report.deleted).toEqual([{ key: 'c' }])
    expect(lab.held).toEqual(['a\ufffd', '\ufffdb'])
  })

  for (const [what, count, requests] of [
    ['as many keys as one request holds', mostKeys, 1],
    ['one key more', mostKeys + 1, 2],
  ] as const)
    it(`sends ${what} in ${requests} request${requests > 1 ? 's' : ''}`, async () => {
      const lab = await openLab(name)
      const keys = manyKeys(count)
      lab.fill(['other', ...keys])
      const report = await open(lab).deleteMany(keys)
      expect(report.stats.requests).toBe(requests)
      expect(lab.stats.requests).toBe(requests)
      expectAccounted(report, keys)
      expect(report.failed).toEqual([])
      expect(lab.held).toEqual(['other'])
    })

  it('cuts requests by encoded bytes where these come first', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys).map((key) =>
      key.padEnd(longestKeyBytes, '"<é'.repeat(9)).slice(0, longestKeyBytes / 2),
    )
    lab.fill(keys)
    const bodies: number[] = []
    const counting = async (request: Request) => {
      bodies.push((await request.clone().arrayBuffer()).byteLength)
      return fetch(request)
    }
    const report = await open({ ...lab, fetch: counting }).deleteMany(keys)
    expectAccounted(report, keys)
    expect(report.failed).toEqual([])
    expect(lab.held).toEqual([])
    expect(bodies.length).toBeGreaterThan(1)
    expect(Math.max(...bodies)).toBeLessThanOrEqual(mostBytes)
    // None but the last is much shorter than it may be.
    expect(bodies.filter((bytes) => bytes < mostBytes * 0.98).length).toBeLessThanOrEqual(1)
    expect(report.stats.bytesSent).toBe(bodies.reduce((sum, bytes) => sum + bytes, 0))
  })

  it('sends a duplicate once a request and reports each', async () => {
    const lab = await openLab(name)
    lab.fill(['a', 'b', 'c'])
    const report = await open(lab).deleteMany(['a', 'b', { key: 'a' }, 'c', 'a'])
    expect(report.deleted.map(({ key }) => key)).toEqual(['a', 'b', 'a', 'c', 'a'])
    expect(report.stats).toMatchObject({ items: 5, deleted: 5, requests: 1 })
    expect(lab.stats.items).toBe(3)
    expect(lab.held).toEqual([])
  })

  it('reports duplicates in different requests, and each failed one', async () => {
    const lab = await openLab(name)
    lab.faults({ keyErrors: { AccessDenied: 1 } })
    const keys = [...manyKeys(mostKeys), 'key-0', 'key-0', 'key-1']
    const report = await open({ ...lab, retry: { maxAttempts: 1 } }).deleteMany(keys)
    expectAccounted(report, keys)
    expect(report.failed).toHaveLength(keys.length)
    expect(lab.stats.items).toBe(mostKeys + 2)
  })

  it('deletes each hostile key for real, and nothing that looks like it', async () => {
    const lab = await openLab(name)
    const client = open(lab)
    for (const key of hostileKeys(longestKeyBytes)) {
      const others = lookAlikes(key, longestKeyBytes)
      lab.fill(others)
      lab.fill([key])
      const report = await client.deleteMany([key])
      const shown = JSON.stringify(key).slice(0, 80)
      expect(report.failed, shown).toEqual([])
      expect(report.deleted, shown).toEqual([{ key }])
      expect(lab.held.sort(), shown).toEqual(others.sort())
      expect((await client.deleteMany(others)).failed, shown).toEqual([])
      expect(lab.held, shown).toEqual([])
    }
  })

  it('deletes keys made of what bodies are made of, whichever comes first', async () => {
    const marks = [...'",\\[]{}:<>&;%=+']
    const keys = ['', ...marks].flatMap((first) => marks.map((second) => first + second))
    const lab = await openLab(name)
    const client = open(lab)
    for (const [index, first] of keys.entries()) {
      const some = [first, keys[(index + 1) % keys.length] as string, `${first}x`, `x${first}`]
      lab.fill(['other', ...some])
      const report = await client.deleteMany(some)
      expect(report.deleted.map(({ key }) => key)).toEqual(some)
      expect(lab.held).toEqual(['other'])
    }
    expect(lab.stats.requests).toBe(keys.length)
  })

  it('deletes hostile keys together, among what looks like them', async () => {
    const lab = await openLab(name)
    const keys = hostileKeys(longestKeyBytes)
    const others = [...new Set(keys.flatMap((key) => lookAlikes(key, longestKeyBytes)))].filter(
      (key) => !keys.includes(key),
    )
    lab.fill(keys)
    lab.fill(others)
    const report = await open(lab).deleteMany(keys)
    expect(report.failed).toEqual([])
    expectAccounted(report, keys)
    expect(report.deleted.map(({ key }) => key)).toEqual(keys)
    expect(lab.held.sort()).toEqual(others.sort())
  })

  it('fails what is no key alone and unsent', async () => {
    const lab = await openLab(name)
    lab.fill(['first', 'last'])
    const impossible = impossibleKeys(longestKeyBytes)
    const report = await open(lab).deleteMany(['first', ...(impossible as ObjectKey[]), 'last'])
    expect(report.deleted).toEqual([{ key: 'first' }, { key: 'last' }])
    expect(report.failed).toHaveLength(impossible.length)
    for (const failure of report.failed)
      expect(failure).toEqual({
        key: expect.any(String),
        code: 'InvalidKey',
        message: expect.any(String),
        outcome: 'not-sent',
        retryable: false,
        attempts: 0,
      })
    expect(report.stats).toMatchObject({ items: impossible.length + 2, requests: 1 })
    expect(lab.stats.items).toBe(2)
    expect(lab.held).toEqual([])
  })

  it('sends nothing where no key is one', async () => {
    const lab = await openLab(name)
    const report = await open(lab).deleteMany(impossibleKeys(longestKeyBytes) as ObjectKey[])
    expect(report.stats.requests).toBe(0)
    expect(new Set(report.failed.map(({ code }) => code))).toEqual(new Set(['InvalidKey']))
    expect(lab.stats.requests).toBe(0)
  })

  it('refuses members that the store would not look at', async () => {
    const lab = await openLab(name)
    lab.fill(['a', 'b'])
    const stray = { key: 'a', ...(family === 'kv' ? { versionId: 'v' } : { versionId: '' }) }
    const report = await open(lab).deleteMany([stray, 'b'])
    expect(report.failed).toMatchObject([{ key: 'a', code: 'InvalidKey', outcome: 'not-sent', attempts: 0 }])
    expect(lab.held).toEqual(['a'])
  })

  it('asks for failures only when quiet, and believes it', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 3)
    lab.fill(['other', ...keys])
    const report = await open(lab).deleteMany(keys, { quiet: true })
    expectAccounted(report, keys)
    expect(report.deleted).toHaveLength(keys.length)
    expect(lab.held).toEqual(['other'])
  })

  it('reports what failed when quiet', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(200)
    lab.fill(keys)
    lab.faults({ keyErrors: { AccessDenied: 0.5 } })
    const report = await open({ ...lab, retry: { maxAttempts: 1 } }).deleteMany(keys, { quiet: true })
    expectAccounted(report, keys)
    expect(report.failed.map(({ key }) => key)).toEqual(lab.held)
    expect(report.failed.length).toBeGreaterThan(0)
    expect(report.deleted.length).toBeGreaterThan(0)
  })

  it('sends nothing in a dry run, and counts what it would', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 1)
    lab.fill(keys)
    const client = open(lab)
    const rehearsed = await client.deleteMany(['', ...keys], { dryRun: true })
    expect(rehearsed.deleted).toEqual([])
    expect(rehearsed.failed).toMatchObject([{ key: '', code: 'InvalidKey' }])
    expect(rehearsed.stats).toMatchObject({ items: keys.length + 1, deleted: 0, failed: 1, requests: 2 })
    expect(lab.stats.requests).toBe(0)
    expect(lab.held).toHaveLength(keys.length)
    const real = await client.deleteMany(keys)
    expect(rehearsed.stats.bytesSent).toBe(real.stats.bytesSent)
    expect(rehearsed.stats.bytesReceived).toBe(0)
  })
}
