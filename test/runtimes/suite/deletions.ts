import { isKeysweepError } from 'keysweep'
import type { DeleteReport, KeysweepError } from '../../../src/index.js'
import { KEY_PAIR, manyKeys, rejection, SUBJECTS, type Subject } from '../../providers/subjects.js'
import { equal, ok } from './check.js'
import { call, can, openLab, REMOTE_KEY } from './lab.js'
import type { Case } from './run.js'

const HOUR_MS = 3_600_000

/** What every provider's client promises of deletions. */
export const deletions = (): Case[] =>
  Object.values(SUBJECTS).flatMap((subject: Subject) =>
    Object.entries({ ...casesOf(subject), ...(subject.family === 's3' && objectCasesOf(subject)) }).map(
      ([name, run]): Case => [`${subject.name} ${name}`, run],
    ),
  )

const casesOf = ({ name, family, mostKeys, longestKeyBytes, codes, open }: Subject) => ({
  'deletes hostile keys, and nothing that looks like them': async () => {
    const lab = await openLab(name)
    const { keys, others } = await call('hostileKeys', longestKeyBytes)
    await lab.fill([...keys, ...others])
    const report = await open(lab).deleteMany(keys)
    equal(report.failed, [], 'failed')
    equal(
      report.deleted.map(({ key }) => key),
      keys,
      'deleted',
    )
    equal((await lab.held()).sort(), others.sort(), 'held')
  },

  'deletes many keys in several requests': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 5 + 1)
    await lab.fill(keys)
    const report = await open(lab).deleteMany(keys)
    expectAccounted(report, keys)
    equal(report.failed, [], 'failed')
    equal([report.stats.requests, await lab.requests()], [6, 6], 'requests')
    equal(await lab.held(), [], 'held')
  },

  'takes keys from a stream': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 5)
    await lab.fill(keys)
    const rest = [...keys]
    const stream = new ReadableStream<string>({
      pull(controller) {
        const key = rest.shift()
        if (key === undefined) controller.close()
        else controller.enqueue(key)
      },
    })
    expectAccounted(await open(lab).deleteMany(stream), keys)
    equal(await lab.held(), [], 'held')
  },

  'gives batches of what a generator yields': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 2 + 5)
    await lab.fill(keys)
    async function* source() {
      yield* keys
    }
    const offsets: number[] = []
    for await (const batch of open(lab).deleteBatches(source())) {
      equal(batch.deleted.length, batch.count, 'deleted')
      offsets.push(batch.offset)
    }
    equal(
      offsets.sort((a, b) => a - b),
      [0, mostKeys, 2 * mostKeys],
      'offsets',
    )
    equal(await lab.held(), [], 'held')
  },

  'reports the keys that failed, and only these': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(200)
    await lab.fill(keys)
    await lab.faults({ keyErrors: { AccessDenied: 0.5 } })
    const report = await open({ ...lab, retry: { maxAttempts: 1 } }).deleteMany(keys)
    expectAccounted(report, keys)
    ok(report.deleted.length > 0 && report.failed.length > 0, 'some should fail')
    equal(
      report.failed.map(({ key }) => key),
      await lab.held(),
      'failed',
    )
    equal(
      [...new Set(report.failed.map(({ code, outcome }) => `${code} ${outcome}`))],
      [family === 'kv' ? 'Unspecified refused' : 'AccessDenied refused'],
      'codes',
    )
  },

  'slows down when it is throttled': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 4)
    await lab.fill(keys)
    await lab.faults({ throttle: { keysPerSecond: mostKeys * 10, burst: mostKeys } })
    const report = await open({ ...lab, retry: { maxAttempts: 50, baseDelayMs: 5, maxDelayMs: 50 } }).deleteMany(keys)
    equal(report.failed, [], 'failed')
    ok(report.stats.throttled > 0, 'nothing was throttled')
    equal(await lab.held(), [], 'held')
  },

  'keeps what is known when it is aborted': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 6)
    await lab.fill(keys)
    await lab.faults({ latencyMs: 20 })
    const stop = new AbortController()
    const options = { concurrency: 2, signal: stop.signal, onProgress: () => stop.abort() }
    const error = keysweepError(await rejection(open(lab).deleteMany(keys, options)))
    equal(error.name, 'AbortError', 'name')
    const { resumeFrom = 0 } = error.report
    ok(resumeFrom > 0 && resumeFrom < keys.length, `resumeFrom is ${resumeFrom}`)
    expectAccounted(error.report, keys.slice(0, resumeFrom))
    const held = new Set(await lab.held())
    ok(!error.report.deleted.some(({ key }) => held.has(key)), 'a key is there that was reported as deleted')
    equal(
      keys.slice(resumeFrom).filter((key) => !held.has(key)),
      [],
      'deleted beyond resumeFrom',
    )
  },

  'stops within its budget': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys * 4)
    await lab.fill(keys)
    const report = await open(lab).deleteMany(keys, { maxRequests: 2 })
    equal([report.deleted.length, report.resumeFrom], [mostKeys * 2, mostKeys * 2], 'deleted and resumeFrom')
    equal(await lab.requests(), 2, 'requests')
  },

  'corrects a clock that is an hour off': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 1)
    await lab.fill(keys)
    await lab.faults({ clockSkewMs: HOUR_MS })
    const report = await open({ ...lab, concurrency: 1 }).deleteMany(keys)
    equal(report.failed, [], 'failed')
    equal(report.stats.requests, 3, 'requests')
    equal(await lab.held(), [], 'held')
  },

  'believes no answer that is not one': async () => {
    for (const fault of ['html', 'empty', 'truncate', 'errorInside200', 'reset'] as const) {
      const lab = await openLab(name)
      const keys = manyKeys(20)
      await lab.fill(keys)
      await lab.faults({ [fault]: 1 })
      const report = await open({ ...lab, retry: { maxAttempts: 2, baseDelayMs: 1 } }).deleteMany(keys)
      equal(report.deleted, [], fault)
      equal([...new Set(report.failed.map(({ outcome }) => outcome))], ['unknown'], fault)
      equal(report.failed[0]?.attempts, 2, fault)
    }
  },

  'gives up an answer that takes too long': async () => {
    const lab = await openLab(name)
    await lab.faults({ latencyMs: 3000 })
    const report = await open({ ...lab, timeoutMs: 500, retry: { maxAttempts: 1 } }).deleteMany(['a'])
    equal(firstOf(report), ['Timeout', 'unknown', 1], 'failure')
  },

  'tries again where nobody listens': async () => {
    const lab = { ...(await openLab(name)), endpoint: await call('closedPort') }
    const report = await open({ ...lab, retry: { maxAttempts: 3, baseDelayMs: 1 } }).deleteMany(['a'])
    equal([firstOf(report)[0], firstOf(report)[2]], ['NetworkError', 3], 'failure')
  },

  'follows no redirect': async () => {
    const lab = await openLab(name)
    await lab.fill(['a'])
    await lab.faults({ status: { 307: 1 } })
    const outcome = await open(lab)
      .deleteMany(['a'])
      .catch((error: unknown) => keysweepError(error).report)
    equal(outcome.deleted, [], 'deleted')
    equal(outcome.failed[0]?.status, can('redirects') ? 307 : 0, 'status')
    equal([await lab.requests(), await lab.held()], [1, ['a']], 'requests and held')
  },

  'stops at a wrong secret': async () => {
    const lab = await openLab(name)
    await lab.fill(['a'])
    const credentials = { ...KEY_PAIR, secretAccessKey: 'wrong-secret' }
    const error = keysweepError(await rejection(open({ ...lab, credentials }).deleteMany(['a'])))
    equal([error.code, error.provider, firstOf(error.report)[1]], [codes.wrongSecret, name, 'refused'], 'error')
    ok(!error.message.includes('wrong-secret'), 'the secret is told')
    equal(await lab.held(), ['a'], 'held')
  },

  'has a server sign that keeps the secret': async () => {
    const lab = await openLab(name)
    const keys = manyKeys(mostKeys + 1)
    await lab.fill(keys)
    const report = await open({ ...lab, credentials: REMOTE_KEY }).deleteMany(keys)
    equal(report.failed, [], 'failed')
    equal(await lab.held(), [], 'held')
  },

  'takes credentials from a function': async () => {
    const lab = await openLab(name)
    await lab.fill(['a'])
    const credentials = async () => ({ ...KEY_PAIR, expiration: new Date(Date.now() + HOUR_MS) })
    equal((await open({ ...lab, credentials }).deleteMany(['a'])).failed, [], 'failed')
    equal(await lab.held(), [], 'held')
  },

  'tells of its progress and its attempts': async () => {
    const lab = await openLab(name)
    const events: unknown[] = []
    const progress: unknown[] = []
    const client = open({ ...lab, onAttempt: ({ items, attempt, status }) => events.push({ items, attempt, status }) })
    await client.deleteMany(['a', 'b'], { onProgress: ({ total, deleted }) => progress.push({ total, deleted }) })
    equal(events, [{ items: 2, attempt: 1, status: 200 }], 'attempts')
    equal(progress.at(-1), { total: 2, deleted: 2 }, 'progress')
  },
})

const objectCasesOf = ({ name, open }: Subject) => ({
  'deletes keys that XML cannot carry': async () => {
    const lab = await openLab(name)
    const keys = ['\u0001', 'a\u001f', '\ufffe/b', 'plain']
    await lab.fill([...keys, 'other'])
    equal((await open(lab).deleteMany(keys)).failed, [], 'failed')
    equal(await lab.held(), ['other'], 'held')
  },

  'sends a path with dot segments as it is, or not at all': async () => {
    const lab = await openLab(name)
    const key = 'a/../\u0001'
    await lab.fill([key, '\u0001'])
    const report = await open(lab).deleteMany([key])
    if (can('dotSegments')) equal(report.deleted, [{ key }], 'deleted')
    else equal(firstOf(report), ['InvalidKey', 'not-sent', 0], 'failure')
    equal(await lab.held(), can('dotSegments') ? ['\u0001'] : [key, '\u0001'], 'held')
  },

  'tells of the delete markers it makes': async () => {
    const lab = await openLab(name, true)
    await lab.fill(['a'])
    const { deleted } = await open(lab).deleteMany(['a'])
    ok(deleted[0]?.deleteMarkerVersionId, 'no delete marker')
    const { deleted: removed } = await open(lab).deleteMany([
      { key: 'a', versionId: deleted[0].deleteMarkerVersionId as string },
    ])
    equal(removed[0]?.deleteMarker, true, 'deleteMarker')
    equal(await lab.held(), ['a'], 'held')
  },
})

function expectAccounted({ deleted, failed, stats }: DeleteReport, keys: readonly string[]): void {
  equal([...deleted, ...failed].map(({ key }) => key).sort(), [...keys].sort(), 'keys in the report')
  equal([stats.items, stats.deleted, stats.failed], [keys.length, deleted.length, failed.length], 'stats')
}

function keysweepError(error: unknown): KeysweepError & { readonly report: DeleteReport } {
  if (!isKeysweepError(error) || !error.report) throw error
  return error as KeysweepError & { readonly report: DeleteReport }
}

const firstOf = ({ failed: [failure] }: DeleteReport) => [failure?.code, failure?.outcome, failure?.attempts]
