import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { AttemptEvent } from '../../src/index.js'
import { expectAccounted, expectHonest, expectKeysweepError } from './expectations.js'
import { manyKeys, openLab, QUICK, rejection, type Subject } from './lab.js'

/** What is said of keys when something goes wrong that may pass. */
export function describeFailures(subject: Subject): void {
  const { name, family, mostKeys, codes, open } = subject

  it('reports the keys that failed, and only these', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(200)
    lab.fill(keys)
    lab.faults({ keyErrors: { AccessDenied: 0.5 } })
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 2 } }).deleteMany(keys)
    expectAccounted(report, keys)
    expect(report.failed.map(({ key }) => key)).toEqual(lab.held)
    expect(report.deleted.length).toBeGreaterThan(0)
    expect(report.failed.length).toBeGreaterThan(0)
    const [code, retryable, attempts] = family === 'kv' ? ['Unspecified', true, 2] : ['AccessDenied', false, 1]
    for (const failure of report.failed)
      expect(failure).toMatchObject({ code, retryable, attempts, outcome: 'refused', status: 200 })
  })

  it('tries keys again that may succeed later, together', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 200)
    lab.fill(keys)
    lab.faults({ keyErrors: { InternalError: 0.5 } })
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 40 } }).deleteMany(keys)
    expect(report.failed).toEqual([])
    expectAccounted(report, keys)
    expect(lab.held).toEqual([])
    expect(report.stats.retries).toBeGreaterThan(2)
    expect(report.stats.requests).toBeLessThan(60)
  })

  // The key-value stores say no reason.
  if (family !== 'kv')
    for (const code of ['InternalError', 'RequestTimeout', 'UnknownError'])
      it(`does not know of keys that the store broke down over with ${code}`, async () => {
        const lab = await openLab(name)
        const keys = manyKeys(20)
        lab.fill(keys)
        lab.faults({ keyErrors: { [code]: 1 } })
        const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 2 } }).deleteMany(keys)
        expectAccounted(report, keys)
        expect(report.failed).toMatchObject(keys.map((key) => ({ key, code, outcome: 'unknown', status: 200 })))
      })

  it('does not know of keys that the answer leaves out', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(20)
    lab.fill(keys)
    lab.faults({ leaveOut: 1 })
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 3 } }).deleteMany(keys)
    expectAccounted(report, keys)
    expect(report.failed).toHaveLength(keys.length)
    for (const failure of report.failed)
      expect(failure).toMatchObject({
        code: 'Unreported',
        outcome: 'unknown',
        retryable: true,
        attempts: 3,
        status: 200,
      })
    expect(lab.held).toEqual([])
  })

  it('asks again for the keys that the answer leaves out', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(100)
    lab.fill(keys)
    lab.faults({ leaveOut: 0.5 })
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 40 } }).deleteMany(keys)
    expect(report.failed).toEqual([])
    expectAccounted(report, keys)
    // Only they go out again: about half of them each time.
    expect(lab.stats.items).toBeLessThan(keys.length * 3)
  })

  it('slows down when throttled, and loses nothing', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 3)
    lab.fill(keys)
    lab.faults({ throttle: { keysPerSecond: mostKeys * 3, burst: mostKeys } })
    const allowed: number[] = []
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 500 } }).deleteMany(keys, {
      onProgress: ({ concurrency }) => allowed.push(concurrency),
    })
    expect(report.failed).toEqual([])
    expectAccounted(report, keys)
    expect(lab.held).toEqual([])
    expect(report.stats.throttled).toBeGreaterThan(0)
    expect(report.stats.retries).toBeGreaterThanOrEqual(report.stats.throttled)
    expect(Math.min(...allowed)).toBeLessThan(8)
  })

  it('climbs back once the store no longer throttles', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 12)
    lab.faults({ status: { 429: 1 } })
    const client = open({
      ...lab,
      retry: { ...QUICK, maxAttempts: 50 },
      onAttempt: ({ status }) => status === 429 && lab.faults({}),
    })
    const allowed: number[] = []
    const report = await client.deleteMany(keys, {
      concurrency: 4,
      onProgress: ({ concurrency }) => allowed.push(concurrency),
    })
    expect(report.failed).toEqual([])
    const least = Math.min(...allowed)
    expect(least).toBeLessThan(4)
    expect(Math.max(...allowed.slice(allowed.lastIndexOf(least)))).toBeGreaterThan(least)
  })

  it('waits as long as the store asks', async () => {
    const lab = await openLab(name)
    lab.faults({ status: { 429: 1 }, retryAfter: 7 })
    const stop = new AbortController()
    const events: AttemptEvent[] = []
    const client = open({
      ...lab,
      retry: { baseDelayMs: 1, maxDelayMs: 20_000 },
      onAttempt: (event) => {
        events.push(event)
        stop.abort()
      },
    })
    const error = expectKeysweepError(await rejection(client.deleteMany(['a'], { signal: stop.signal })))
    expect(events).toHaveLength(1)
    expect(events[0]?.retryDelayMs).toBeGreaterThanOrEqual(7000)
    expect(error.report.failed).toMatchObject([{ key: 'a', code: codes.throttled[0], outcome: 'refused', attempts: 1 }])
  })

  it('does not wait for a store that asks for too long', async () => {
    const lab = await openLab(name)
    lab.fill(['a'])
    lab.faults({ status: { 429: 1 }, retryAfter: 3600 })
    const report = await open(lab).deleteMany(['a'])
    expect(report.failed).toMatchObject([
      { key: 'a', code: codes.throttled[0], outcome: 'refused', retryable: true, attempts: 1, status: 429 },
    ])
    expect(lab.held).toEqual(['a'])
  })

  it('gets through failing servers and broken connections', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 4 + 1)
    lab.fill(keys)
    lab.faults({ status: { 500: 0.2, 502: 0.1, 503: 0.1, 504: 0.1 }, reset: 0.2 })
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 60 } }).deleteMany(keys)
    expect(report.failed).toEqual([])
    expectAccounted(report, keys)
    expect(lab.held).toEqual([])
    expect(report.stats.retries).toBeGreaterThan(0)
  })

  it('tells what is known where the attempts run out', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const lab = await openLab(name, { seed })
      const keys = manyKeys(mostKeys * 3 + 1)
      lab.fill(keys)
      lab.faults({
        status: { 500: 0.2, 502: 0.1, 503: 0.2 },
        reset: 0.3,
        truncate: 0.2,
        keyErrors: { InternalError: 0.1 },
      })
      const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 2 } }).deleteMany(keys)
      expectAccounted(report, keys)
      expectHonest(report, lab)
    }
  })

  for (const status of [408, 500, 502, 504, 503])
    it(`reports HTTP ${status} that does not pass as what it is`, async () => {
      const lab = await openLab(name)
      lab.fill(['a'])
      lab.faults({ status: { [status]: 1 } })
      const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 3 } }).deleteMany(['a'])
      const outcome = status === 503 ? 'refused' : 'unknown'
      expect(report.failed).toMatchObject([{ key: 'a', outcome, status, attempts: 3, retryable: true }])
      expect(report.stats).toMatchObject({ requests: 3, retries: 2 })
      expectHonest(report, lab)
    })

  for (const fault of ['empty', 'html', 'truncate', 'errorInside200'] as const)
    for (const quiet of [false, true]) {
      // Where an empty answer is the documented success, it is one.
      const isSuccess = fault === 'empty' && quiet && name === 'yandex'
      const mode = quiet ? ' when quiet' : ''
      it(`knows ${fault} for what it is${mode}`, async () => {
        const lab = await openLab(name)
        const keys = manyKeys(30)
        lab.fill(keys)
        lab.faults({ [fault]: 1 })
        const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 4 } }).deleteMany(keys, { quiet })
        expectAccounted(report, keys)
        expectHonest(report, lab)
        // An empty body cannot be cut short.
        const isWhole = isSuccess || (fault === 'truncate' && quiet && name === 'yandex')
        expect(report.deleted).toHaveLength(isWhole ? keys.length : 0)
        for (const failure of report.failed)
          expect(failure).toMatchObject({ outcome: 'unknown', attempts: 4, retryable: true })
      })

      it(`gets through ${fault} that passes${mode}`, async () => {
        const lab = await openLab(name)
        const keys = manyKeys(mostKeys * 2 + 30)
        lab.fill(keys)
        lab.faults({ [fault]: 0.6 })
        const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 60 } }).deleteMany(keys, { quiet })
        expect(report.failed).toEqual([])
        expectAccounted(report, keys)
        expect(lab.held).toEqual([])
      })
    }

  it('gives up an answer that does not come in time', async () => {
    const lab = await openLab(name)
    lab.fill(['a'])
    lab.faults({ latencyMs: 60_000 })
    const report = await open({ ...lab, timeoutMs: 500, retry: { ...QUICK, maxAttempts: 2 } }).deleteMany(['a'])
    expect(report.failed).toMatchObject([
      { key: 'a', code: 'Timeout', outcome: 'unknown', retryable: true, attempts: 2 },
    ])
  })

  it('gives up an answer that does not end in time', async () => {
    const lab = await openLab(name)
    const keys = manyKeys(50)
    lab.fill(keys)
    lab.faults({ slowBytesPerSecond: 50 })
    const report = await open({ ...lab, timeoutMs: 300, retry: { maxAttempts: 1 } }).deleteMany(keys)
    expectAccounted(report, keys)
    for (const failure of report.failed)
      expect(failure).toMatchObject({ code: 'Timeout', outcome: 'unknown', attempts: 1 })
    expect(report.failed).toHaveLength(keys.length)
    expect(lab.held).toEqual([])
  })

  it('reports a server that is not there', async () => {
    const lab = await openLab(name)
    await lab.close()
    const report = await open({ ...lab, retry: { ...QUICK, maxAttempts: 3 } }).deleteMany(['a'])
    expect(report.failed).toMatchObject([{ key: 'a', code: 'NetworkError', retryable: true }])
    expect(report.failed[0]?.outcome).not.toBe('refused')
    expect(report.stats.requests).toBe(3)
  })

  it('does not call refused what an earlier attempt may have done', async () => {
    const lab = await openLab(name)
    lab.fill(['a'])
    lab.faults({ reset: 1 })
    const client = open({ ...lab, onAttempt: () => lab.faults({ status: { 403: 1 } }) })
    const outcome = await client.deleteMany(['a']).catch((error: unknown) => expectKeysweepError(error).report)
    expect(outcome.failed).toMatchObject([{ key: 'a', outcome: 'unknown', status: 403, attempts: 2 }])
  })

  it('takes a redirect that is hidden from pages for a refusal of all requests', async () => {
    const hidden = { type: 'opaqueredirect', status: 0, headers: new Headers(), body: null } as Response
    const client = open({ endpoint: 'http://127.0.0.1:9', fetch: async () => hidden })
    const { report } = expectKeysweepError(await rejection(client.deleteMany(['a'])))
    expect(report.failed).toMatchObject([{ key: 'a', outcome: 'refused', attempts: 1 }])
  })

  for (const status of [301, 302, 303, 307, 308])
    it(`follows no redirect of HTTP ${status}`, async () => {
      let followed = 0
      const elsewhere = await openServer(() => followed++)
      const asked = await openServer(() => undefined, { status, location: `${elsewhere}/keys` })
      const client = open({ endpoint: asked, retry: { ...QUICK, maxAttempts: 2 } })
      const report = await client.deleteMany(['a']).catch((error: unknown) => expectKeysweepError(error).report)
      expect(report.deleted).toEqual([])
      expect(report.failed).toMatchObject([{ key: 'a', status }])
      expect(followed).toBe(0)
    })
}

/** A server that says one thing; gives where it is. */
async function openServer(onRequest: () => unknown, { status = 200, location = '' } = {}): Promise<string> {
  const server = createServer((message, response) => {
    onRequest()
    message.resume()
    message.on('end', () => response.writeHead(status, location ? { location } : {}).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
