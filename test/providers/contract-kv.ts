import { createEmulator, type EmulatorOptions } from 'keysweep/emulator'
import { expect, it } from 'vitest'
import { DcdnKvClient, type Entry, EsaKvClient, type PutReport } from '../../src/index.js'
import { expectPutError } from './expectations.js'
import { hostileKeys, impossibleKeys } from './keys.js'
import { CONTAINER, KEY_PAIR, type Lab, manyKeys, openLab, QUICK, rejection, type Subject } from './lab.js'

/** What the key-value stores promise beyond deletions. */
export function describePuts(subject: Subject): void {
  const { name, mostKeys, mostBytes, longestKeyBytes } = subject
  const isEsa = name === 'alibaba-esa'
  const [batchCall, singleCall] = isEsa ? ['BatchPutKv', 'PutKv'] : ['BatchPutDcdnKv', 'PutDcdnKv']
  const Client = isEsa ? EsaKvClient : DcdnKvClient
  type Options = Partial<ConstructorParameters<typeof Client>[0]>
  const open = ({ endpoint, ...rest }: Lab | Options, more: Options = {}) =>
    new Client({
      namespace: CONTAINER,
      credentials: KEY_PAIR,
      retry: QUICK,
      ...(endpoint && { endpoint }),
      ...pick(rest),
      ...more,
    })

  it('writes entries and reports each', async () => {
    const lab = await openLab(name)
    const entries = manyKeys(mostKeys + 1).map((key) => ({ key, value: key }))
    const report = await open(lab).putMany(entries)
    expectPut(report, entries)
    expect(report.failed).toEqual([])
    expect(report.stats).toMatchObject({ items: entries.length, written: entries.length, failed: 0, requests: 2 })
    expect(report.stats).not.toHaveProperty('deleted')
    expect(lab.held).toHaveLength(entries.length)
  })

  it('writes nothing for an empty input', async () => {
    const lab = await openLab(name)
    expect(await open(lab).putMany([])).toMatchObject({ written: [], failed: [], stats: { items: 0, requests: 0 } })
    expect(lab.stats.requests).toBe(0)
  })

  it('writes the keys and values that were given', async () => {
    const lab = await openLab(name)
    const keys = hostileKeys(longestKeyBytes)
    const entries = keys.map((key, index) => ({ key, value: keys[keys.length - 1 - index] as string }))
    entries.push({ key: 'empty', value: '' })
    const sent: unknown[] = []
    const looking = async (request: Request) => {
      const form = new URLSearchParams(await request.clone().text())
      sent.push(...(JSON.parse(form.get('KvList') ?? '[]') as unknown[]))
      return fetch(request)
    }
    const report = await open(lab, { fetch: looking }).putMany(entries)
    expectPut(report, entries)
    expect(report.failed).toEqual([])
    expect(lab.held.sort()).toEqual([...keys, 'empty'].sort())
    expect(sent).toEqual(entries.map(({ key, value }) => ({ Key: key, Value: value })))
  })

  it('has entries expire by date, by second and by time to live', async () => {
    let now = Date.parse('2026-01-02T03:04:05Z')
    const clock = () => new Date(now)
    const lab = await openLab(name, { clock })
    const entries: Entry[] = [
      { key: 'date', value: 'v', expiration: new Date(now + 100_000) },
      { key: 'seconds', value: 'v', expiration: now / 1000 + 200 },
      { key: 'ttl', value: 'v', expirationTtl: 300 },
      { key: 'ttl wins', value: 'v', expirationTtl: 300, expiration: new Date(0) },
      { key: 'for good', value: 'v' },
    ]
    const report = await open(lab, { clock }).putMany(entries)
    expect(report.failed).toEqual([])
    const seen = [lab.held]
    for (let step = 0; step < 3; step++) {
      now += 100_001
      seen.push(lab.held)
    }
    expect(seen).toEqual([
      ['date', 'seconds', 'ttl', 'ttl wins', 'for good'],
      ['seconds', 'ttl', 'ttl wins', 'for good'],
      ['ttl', 'ttl wins', 'for good'],
      ['for good'],
    ])
  })

  it('fails what is no entry alone and unsent', async () => {
    const lab = await openLab(name)
    const value = 'v'
    const wrong = [
      { key: 'past', value, expiration: new Date(Date.now() - 60_000) },
      { key: 'past', value, expiration: Math.floor(Date.now() / 1000) - 60 },
      { key: 'no date', value, expiration: new Date(Number.NaN) },
      { key: 'no second', value, expiration: 1.5 },
      { key: 'text', value, expiration: '2099-01-01' },
      { key: 'no time', value, expirationTtl: 0 },
      { key: 'less than no time', value, expirationTtl: -1 },
      { key: 'half a time', value, expirationTtl: 1.5 },
      { key: 'no value' },
      { key: 'number', value: 7 },
      { key: 'null', value: null },
      { key: 'half a pair', value: 'a\ud800' },
      { key: 'too long', value: 'x'.repeat(2_000_001) },
      { key: 'too many bytes', value: 'é'.repeat(1_000_001) },
    ]
    const keyless = impossibleKeys(longestKeyBytes).map((key) => ({ key, value }))
    const nothings = [null, undefined, 'entry', 7, ['key', 'value']]
    const entries = [{ key: 'first', value }, ...wrong, ...keyless, ...nothings, { key: 'last', value }]
    const report = await open(lab).putMany(entries as Entry[])
    expect(report.written).toEqual([{ key: 'first' }, { key: 'last' }])
    expect(report.failed).toHaveLength(entries.length - 2)
    expect(report.failed.slice(0, wrong.length)).toMatchObject(wrong.map(({ key }) => ({ key, code: 'InvalidEntry' })))
    for (const failure of report.failed) {
      expect(['InvalidKey', 'InvalidEntry']).toContain(failure.code)
      expect(failure).toMatchObject({ outcome: 'not-sent', attempts: 0, retryable: false })
    }
    expect(lab.held).toEqual(['first', 'last'])
    expect(lab.stats.items).toBe(2)
  })

  it('cuts batches by encoded bytes', async () => {
    const lab = await openLab(name)
    const bodies: number[] = []
    const counting = async (request: Request) => {
      bodies.push((await request.clone().arrayBuffer()).byteLength)
      return fetch(request)
    }
    const entries = manyKeys(700).map((key) => ({ key, value: '"é '.repeat(500) }))
    const report = await open(lab, { fetch: counting }).putMany(entries)
    expectPut(report, entries)
    expect(report.failed).toEqual([])
    expect(bodies.length).toBeGreaterThan(2)
    expect(Math.max(...bodies)).toBeLessThanOrEqual(mostBytes)
  })

  it('writes entries as they were when they were given', async () => {
    const sent: unknown[] = []
    const looking = async (request: Request) => {
      sent.push(...JSON.parse(new URLSearchParams(await request.clone().text()).get('KvList') ?? ''))
      return fetch(request)
    }
    const client = open(await openLab(name), { fetch: looking })
    function* oneRow() {
      const row = { key: '', value: '' }
      for (const key of ['a', 'b', 'c']) yield Object.assign(row, { key, value: `value of ${key}` })
    }
    async function* cleared() {
      for (const key of ['d', 'e']) {
        const row = { key, value: `value of ${key}` }
        yield row
        row.value = ''
      }
    }
    const reports = [await client.putMany(oneRow()), await client.putMany(cleared())]
    expect(reports.flatMap(({ written }) => written.map(({ key }) => key))).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(sent).toEqual([...'abcde'].map((key) => ({ Key: key, Value: `value of ${key}` })))
  })

  it('fails an entry that cannot be read, and writes the others', async () => {
    const unreadable = {
      key: 'b',
      get value(): string {
        throw new Error('no')
      },
    }
    async function* source() {
      yield { key: 'a', value: '1' }
      yield unreadable
      yield { key: 'c', value: '3' }
    }
    const lab = await openLab(name)
    const { written, failed } = await open(lab).putMany(source())
    expect([written, failed]).toMatchObject([[{ key: 'a' }, { key: 'c' }], [{ key: 'b', code: 'InvalidEntry' }]])
  })

  it('ends over a clock that throws, whatever the entries', async () => {
    const lab = await openLab(name)
    const clock = () => {
      throw new Error('no clock')
    }
    async function* source() {
      yield { key: 'a', value: '1', expiration: 2_000_000_000 }
    }
    const error = await rejection(open(lab, { clock }).putMany(source()))
    expect(error).toMatchObject({ report: { failed: [{ key: 'a' }] } })
  })

  it('writes a value too long for a batch by the single call', async () => {
    const clock = () => new Date('2026-01-02T03:04:05Z')
    const lab = await openLab(name, { clock })
    const long = '&'.repeat(700_000)
    const operations: string[] = []
    const values: (string | null)[] = []
    const looking = async (request: Request) => {
      const operation = request.headers.get('x-acs-action') ?? ''
      operations.push(operation)
      if (operation === singleCall) {
        values.push(new URLSearchParams(await request.clone().text()).get('Value'))
        expect(new URL(request.url).searchParams.get('Key')).toBe('lo ng&')
        expect(new URL(request.url).searchParams.get('ExpirationTtl')).toBe('60')
      }
      return fetch(request)
    }
    const entries = [
      { key: 'a', value: '1' },
      { key: 'lo ng&', value: long, expirationTtl: 60 },
      { key: 'b', value: '2' },
    ]
    const report = await open(lab, { fetch: looking, clock }).putMany(entries)
    expectPut(report, entries)
    expect(report.failed).toEqual([])
    expect(operations.sort()).toEqual([batchCall, singleCall].sort())
    expect(values).toEqual([long])
    expect(lab.held.sort()).toEqual(['a', 'b', 'lo ng&'])
  })

  it('tries the single call again, and tells its failure', async () => {
    const lab = await openLab(name)
    const entries = [{ key: 'long', value: '&'.repeat(700_000) }]
    lab.faults({ status: { 503: 1 } })
    const report = await open(lab, { retry: { ...QUICK, maxAttempts: 3 } }).putMany(entries)
    expect(report.failed).toMatchObject([{ key: 'long', code: 'ServiceUnavailable', outcome: 'refused', attempts: 3 }])
    for (const fault of ['html', 'empty', 'truncate', 'errorInside200'] as const) {
      lab.faults({ [fault]: 1 })
      const spoilt = await open(lab, { retry: { ...QUICK, maxAttempts: 2 } }).putMany(entries)
      expect(spoilt.written, fault).toEqual([])
      expect(spoilt.failed, fault).toMatchObject([{ key: 'long', outcome: 'unknown', attempts: 2 }])
    }
  })

  it('writes less at once for the rest of the run where the store takes less', async () => {
    const lab = await openLab(name, { putLimit: 3000 })
    const entries = manyKeys(mostKeys * 3).map((key) => ({ key, value: 'v' }))
    const refused: number[] = []
    const client = open(lab, {
      concurrency: 1,
      onAttempt: ({ code, items }) => code === 'InvalidKey.TooManyKeys' && refused.push(items),
    })
    const report = await client.putMany(entries)
    expectPut(report, entries)
    expect(report.failed).toEqual([])
    expect(lab.held).toHaveLength(entries.length)
    expect(refused).toEqual([mostKeys, mostKeys / 2])
    expect(report.stats.requests).toBe(2 + (mostKeys * 3) / 2500)
  })

  it('writes less at once with many requests in flight', async () => {
    const lab = await openLab(name, { putLimit: 1000 })
    const entries = manyKeys(mostKeys * 4).map((key) => ({ key, value: 'v' }))
    const report = await open(lab).putMany(entries)
    expectPut(report, entries)
    expect(report.failed).toEqual([])
    expect(lab.held).toHaveLength(entries.length)
  })

  it('writes the later of two entries with one key, and reports both', async () => {
    const lab = await openLab(name)
    const bodies: (string | null)[] = []
    const looking = async (request: Request) => {
      bodies.push(new URLSearchParams(await request.clone().text()).get('KvList'))
      return fetch(request)
    }
    const entries = ['first', 'other', 'second'].map((value) => ({ key: value === 'other' ? 'b' : 'a', value }))
    const report = await open(lab, { fetch: looking }).putMany(entries)
    expectPut(report, entries)
    expect(report.written).toHaveLength(3)
    expect(bodies).toHaveLength(1)
    expect(JSON.parse(bodies[0] ?? '')).toEqual([
      { Key: 'b', Value: 'other' },
      { Key: 'a', Value: 'second' },
    ])
  })

  it('tells what is known of entries when things go wrong', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const lab = await openLab(name, { seed })
      const entries = manyKeys(mostKeys * 2 + 1).map((key) => ({ key, value: 'v' }))
      lab.faults({ status: { 500: 0.2, 429: 0.2 }, reset: 0.2, truncate: 0.2, keyErrors: { Any: 0.1 }, leaveOut: 0.01 })
      const report = await open(lab, { retry: { ...QUICK, maxAttempts: 2 } }).putMany(entries)
      expectPut(report, entries)
      expect(report.written.filter(({ key }) => !lab.has(key))).toEqual([])
      expect(report.failed.filter(({ key, outcome }) => outcome !== 'unknown' && lab.has(key))).toEqual([])
    }
  })

  it('stops at a wrong secret', async () => {
    const lab = await openLab(name)
    const entries = manyKeys(mostKeys + 1).map((key) => ({ key, value: 'v' }))
    const credentials = { ...KEY_PAIR, secretAccessKey: 'wrong-secret' }
    const error = expectPutError(await rejection(open(lab, { credentials }).putMany(entries)))
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', provider: name, status: 400 })
    expectPut(error.report, entries.slice(0, error.report.resumeFrom))
    expect(lab.held).toEqual([])
  })

  it('keeps what is known when a put is aborted', async () => {
    const lab = await openLab(name)
    lab.faults({ latencyMs: 20 })
    const stop = new AbortController()
    const entries = manyKeys(mostKeys * 5).map((key) => ({ key, value: 'v' }))
    const run = open(lab).putMany(entries, {
      concurrency: 1,
      signal: stop.signal,
      onProgress: ({ written }) => written > 0 && stop.abort(),
    })
    const error = expectPutError(await rejection(run))
    expect(error.name).toBe('AbortError')
    expectPut(error.report, entries.slice(0, error.report.resumeFrom))
    expect(error.report.written.length).toBeGreaterThan(0)
    expect(error.report.written.every(({ key }) => lab.has(key))).toBe(true)
  })

  it('keeps its budget and can be resumed', async () => {
    const lab = await openLab(name)
    const entries = manyKeys(mostKeys * 3).map((key) => ({ key, value: 'v' }))
    const client = open(lab)
    const report = await client.putMany(entries, { maxRequests: 2 })
    expect(report).toMatchObject({ resumeFrom: mostKeys * 2, stats: { requests: 2 } })
    expect(lab.held).toHaveLength(mostKeys * 2)
    await client.putMany(entries.slice(report.resumeFrom))
    expect(lab.held).toHaveLength(mostKeys * 3)
  })

  it('puts batch by batch what it puts at once', async () => {
    const lab = await openLab(name)
    const entries = manyKeys(mostKeys * 2 + 1).map((key) => ({ key, value: 'v' }))
    const batches = []
    for await (const batch of open(lab).putBatches(entries)) batches.push(batch)
    batches.sort((a, b) => a.offset - b.offset)
    expect(batches.flatMap(({ written }) => written)).toEqual(entries.map(({ key }) => ({ key })))
    expect(batches.reduce((sum, { stats }) => sum + stats.written, 0)).toBe(entries.length)
    expect(Math.max(...batches.map(({ settledThrough }) => settledThrough))).toBe(entries.length)
  })

  it('writes nothing in a dry run', async () => {
    const lab = await openLab(name)
    const entries = [
      { key: 'a', value: '&'.repeat(700_000) },
      { key: 'b', value: 'v' },
      { key: '', value: 'v' },
    ]
    const report = await open(lab).putMany(entries, { dryRun: true })
    expect(report.written).toEqual([])
    expect(report.failed).toMatchObject([{ key: '', code: 'InvalidKey' }])
    expect(report.stats).toMatchObject({ items: 3, written: 0, failed: 1, requests: 2 })
    expect(lab.stats.requests).toBe(0)
  })

  for (const entries of ['entry', 7, null, {}])
    it(`refuses ${JSON.stringify(entries)} for entries`, async () => {
      const lab = await openLab(name)
      const error = await rejection(open(lab).putMany(entries as unknown as Entry[]))
      expect(error).toBeInstanceOf(TypeError)
      expect((error as TypeError).message).toContain('entries')
    })

  it('asks the endpoint of the provider unless told otherwise', async () => {
    const emulator = createEmulator()
    emulator.state.create(name, CONTAINER)
    const urls: string[] = []
    const looking = (request: Request) => {
      urls.push(request.url)
      return emulator.fetch(request)
    }
    await open({}, { fetch: looking }).putMany([{ key: 'a', value: 'v' }])
    await open({}, { fetch: looking }).deleteMany(['a'])
    const host = isEsa ? 'esa.cn-hangzhou.aliyuncs.com' : 'dcdn.aliyuncs.com'
    expect(urls).toEqual([`https://${host}/?Namespace=keys`, `https://${host}/?Namespace=keys`])
  })

  it('signs with a session token', async () => {
    const credentials = { ...KEY_PAIR, sessionToken: 'a-token+/=' }
    const lab = await openLab(name, { credentials } satisfies EmulatorOptions)
    expect((await open(lab, { credentials }).deleteMany(['a'])).failed).toEqual([])
    expect(await rejection(open(lab).deleteMany(['a']))).toMatchObject({ code: 'MissingSecurityToken' })
  })

  it('does not call refused what arrived twice', async () => {
    const lab = await openLab(name)
    lab.fill(['a', 'b'])
    // As browsers do when a connection breaks before there is an answer.
    const twice = async (request: Request) => {
      await (await fetch(request.clone())).arrayBuffer()
      return fetch(request)
    }
    const { failed } = await open(lab, { fetch: twice, retry: { maxAttempts: 1 } }).deleteMany(['a', 'b'])
    expect(failed).toMatchObject(['a', 'b'].map((key) => ({ key, code: 'SignatureNonceUsed', outcome: 'unknown' })))
    expect(lab.held).toEqual([])
  })

  it('reads an error that a gateway wrote in XML', async () => {
    const inXml = (code: string) => `<?xml version="1.0"?>
<Error><RequestId>R1</RequestId><HostId>gateway</HostId>
<Code>${code}</Code><Message>As it says</Message></Error>`
    const answers = (code: string) => async () =>
      new Response(inXml(code), { status: 400, headers: { 'content-type': 'text/xml;charset=utf-8' } })
    const error = await rejection(open({}, { fetch: answers('InvalidAccessKeyId.NotFound') }).deleteMany(['a']))
    expect(error).toMatchObject({ code: 'InvalidAccessKeyId.NotFound', status: 400, requestId: 'R1' })
    const { failed } = await open(
      {},
      { fetch: answers('Throttling.User'), retry: { maxAttempts: 2, baseDelayMs: 0 } },
    ).deleteMany(['a'])
    expect(failed).toMatchObject([{ code: 'Throttling.User', message: 'As it says', requestId: 'R1', attempts: 2 }])
  })

  it('takes no word of a page for an error code', async () => {
    const page = async () => new Response('<html><Code>Throttling</Code></html>', { status: 400 })
    expect((await open({}, { fetch: page }).deleteMany(['a'])).failed).toMatchObject([{ code: 'BadResponse' }])
  })

  it('knows no governance and no IAM tokens', async () => {
    const lab = await openLab(name)
    expect(await rejection(subject.open(lab).deleteMany(['a'], { bypassGovernance: true }))).toBeInstanceOf(TypeError)
    expect(() => open(lab, { credentials: { iamToken: 'token' } as never })).toThrow(TypeError)
  })
}

/** Only what is an option. */
const pick = ({ fetch, clock, concurrency, onAttempt, credentials, retry }: Options & Partial<Lab>): Options => ({
  ...(fetch && { fetch }),
  ...(clock && { clock }),
  ...(concurrency && { concurrency }),
  ...(onAttempt && { onAttempt }),
  ...(credentials && { credentials }),
  ...(retry && { retry }),
})
type Options = Partial<ConstructorParameters<typeof EsaKvClient>[0]>

/** Every entry is in the report once, and each list is in the order of the input. */
function expectPut({ written, failed, stats }: PutReport, entries: readonly { readonly key: string }[]): void {
  const keys = entries.map(({ key }) => key)
  expect([...written, ...failed].map(({ key }) => key).sort()).toEqual([...keys].sort())
  expect(stats).toMatchObject({ items: keys.length, written: written.length, failed: failed.length })
  const place = new Map(keys.map((key, index) => [key, index]))
  if (place.size < keys.length) return
  for (const list of [written, failed]) {
    const places = list.map(({ key }) => place.get(key) ?? -1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  }
}
