import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isKeysweepError } from '../../src/errors.js'
import type { AttemptEvent, Progress } from '../../src/index.js'
import { Bucket } from './bucket.js'
import { s3Client } from './clients.js'
import { type Gateway, startGateway } from './gateway.js'
import { countOutcomes, expectTruth } from './truth.js'
import { Wire } from './wire.js'

let gateway: Gateway
const changed = new Map<string, string>()

beforeAll(async () => {
  gateway = await startGateway()
})

afterEach(async () => {
  gateway?.resumeStorage()
  gateway?.resume()
  for (const [option, value] of changed) await gateway.config(option, value)
  changed.clear()
})

afterAll(() => gateway?.stop())

/** Sets an option until the end of the test, or until `restore`. */
async function configure(option: string, value: string | number): Promise<void> {
  const before = await gateway.config(option, value)
  if (!changed.has(option)) changed.set(option, before)
}

async function restore(option: string): Promise<void> {
  const before = changed.get(option)
  if (before !== undefined) await gateway.config(option, before)
}

const numbered = (count: number, prefix = 'key-') => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
/** One key of so many is stored: enough to find a lie, and soon done. */
const every = (step: number, keys: readonly string[]) => keys.filter((_, index) => index % step === 0)
const quickly = { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 }
const patiently = { maxAttempts: 20, baseDelayMs: 50, maxDelayMs: 500 }

/** Does something once so many attempts have come to what is described; `done` settles when that is done. */
function onceAfter(count: number, matches: (event: AttemptEvent) => boolean, action: () => unknown) {
  let left = count
  let settle: (result: unknown) => void = () => {}
  const done = new Promise<unknown>((resolve) => {
    settle = resolve
  })
  const onAttempt = (event: AttemptEvent) => {
    if (matches(event) && --left === 0) settle(action())
  }
  return { onAttempt, done }
}

describe('partial refusal', () => {
  test('a policy that denies a prefix: the rest goes', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = [...numbered(20), ...numbered(20, 'locked/'), ...numbered(20, 'z-')]
    await bucket.putAll(keys)
    await bucket.setPolicy([{ Effect: 'Deny', Action: 's3:DeleteObject', Resource: bucket.resource('/locked/*') }])
    for (const quiet of [false, true]) {
      const report = await s3Client(gateway, bucket.name).deleteMany(keys, { quiet })
      expect(report.failed.map(({ key, code, outcome, attempts }) => [key, code, outcome, attempts])).toEqual(
        numbered(20, 'locked/').map((key) => [key, 'AccessDenied', 'refused', 1]),
      )
      const left = await bucket.keys()
      expect(left).toHaveLength(20)
      expectTruth(report, keys, keys, left)
    }
  })

  test('a policy that denies a key XML cannot say: the others go', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = ['locked/\u0007', 'free/\u0007', 'a']
    await bucket.putAll(keys)
    await bucket.setPolicy([{ Effect: 'Deny', Action: 's3:DeleteObject', Resource: bucket.resource('/locked/*') }])
    const report = await s3Client(gateway, bucket.name).deleteMany(keys)
    expect(report.failed.map(({ key, code, outcome }) => [key, code, outcome])).toEqual([
      ['locked/\u0007', 'AccessDenied', 'refused'],
    ])
    expectTruth(report, keys, keys, await bucket.keys())
  })

  test('another account that may delete some keys: those go', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = [...numbered(10, 'shared/'), ...numbered(10, 'own/')]
    await bucket.putAll(keys)
    const allowed = [bucket.resource(), bucket.resource('/shared/*')]
    await bucket.setPolicy([{ Effect: 'Allow', Action: 's3:DeleteObject', Resource: allowed }])
    const report = await s3Client(gateway, bucket.name, { credentials: gateway.stranger }).deleteMany(keys)
    expect(countOutcomes(report)).toEqual({ deleted: 10, refused: 10 })
    const left = await bucket.keys()
    expect(left).toEqual(numbered(10, 'own/'))
    expectTruth(report, keys, keys, left)
  })

  test('rights that are lost during a run end it, and what went is known', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(3000)
    const stored = every(20, keys)
    await bucket.putAll(stored)
    await bucket.setPolicy([
      { Effect: 'Allow', Action: 's3:DeleteObject', Resource: [bucket.resource(), bucket.resource('/*')] },
    ])
    const lost = onceAfter(
      1,
      ({ status }) => status === 200,
      () => bucket.dropPolicy(),
    )
    const client = s3Client(gateway, bucket.name, { credentials: gateway.stranger, onAttempt: lost.onAttempt })
    const input = async function* () {
      yield* keys.slice(0, 1500)
      // By then the first batch has been answered; the second is sent when this is over.
      await lost.done
      yield* keys.slice(1500)
    }
    const error: unknown = await client.deleteMany(input(), { concurrency: 1 }).catch((thrown: unknown) => thrown)
    if (!isKeysweepError(error) || !error.report || !('deleted' in error.report)) throw error
    expect([error.code, error.status]).toEqual(['AccessDenied', 403])
    expect(countOutcomes(error.report)).toEqual({ deleted: 1000, refused: 1000 })
    expect(error.report.resumeFrom).toBe(2000)
    expectTruth(error.report, keys.slice(0, 2000), stored, await bucket.keys())
  })
})

describe('throttling', () => {
  test('SlowDown for whole requests slows the run and loses nothing', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(12_000)
    const stored = every(20, keys)
    await bucket.putAll(stored)
    await configure('rgw_max_concurrent_requests', 1)
    const relief = onceAfter(
      5,
      ({ code }) => code === 'SlowDown',
      () => restore('rgw_max_concurrent_requests'),
    )
    const client = s3Client(gateway, bucket.name, { retry: patiently, onAttempt: relief.onAttempt })
    let slowest = Number.POSITIVE_INFINITY
    const onProgress = ({ concurrency }: Progress) => {
      slowest = Math.min(slowest, concurrency)
    }
    const report = await client.deleteMany(keys, { onProgress })
    await relief.done
    expect(slowest).toBeLessThan(8)
    expect(report.failed).toEqual([])
    expect(report.stats.throttled).toBeGreaterThanOrEqual(5)
    expect(report.stats.retries).toBeGreaterThanOrEqual(5)
    expectTruth(report, keys, stored, await bucket.keys())
  })

  test('SlowDown that does not end: refused keys are still there', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(8000)
    const stored = every(20, keys)
    await bucket.putAll(stored)
    await configure('rgw_max_concurrent_requests', 1)
    const report = await s3Client(gateway, bucket.name, { retry: quickly }).deleteMany(keys)
    await restore('rgw_max_concurrent_requests')
    const counts = countOutcomes(report)
    expect(counts.refused).toBeGreaterThan(0)
    expect(counts.unknown).toBeUndefined()
    expect(new Set(report.failed.map(({ code, retryable }) => `${code} ${retryable}`))).toEqual(
      new Set(['SlowDown true']),
    )
    expectTruth(report, keys, stored, await bucket.keys())
  })
})

describe('errors inside a 200', () => {
  /** What the gateway makes of an error number that is injected where it makes a marker. */
  const INJECTED = [
    { code: 'InternalError', number: 2200, outcome: 'unknown' },
    { code: 'SlowDown', number: 2218, outcome: 'refused' },
    { code: 'ServiceUnavailable', number: 2202, outcome: 'refused' },
    { code: 'RequestTimeout', number: 110, outcome: 'unknown' },
    { code: 'OperationAborted', number: 2209, outcome: 'refused' },
  ]

  test.each(INJECTED)('$code is tried again until it passes', async ({ code, number }) => {
    const bucket = await Bucket.createVersioned(gateway)
    const keys = numbered(20)
    await bucket.putAll(keys)
    await configure('rgw_debug_inject_set_olh_err', number)
    const relief = onceAfter(
      1,
      () => true,
      () => restore('rgw_debug_inject_set_olh_err'),
    )
    const client = s3Client(gateway, bucket.name, { retry: patiently, onAttempt: relief.onAttempt })
    const report = await client.deleteMany(keys)
    await relief.done
    expect(report.failed).toEqual([])
    expect(report.stats.requests).toBeGreaterThanOrEqual(2)
    expect(report.stats.throttled > 0).toBe(code === 'SlowDown' || code === 'ServiceUnavailable')
    expectTruth(report, keys, keys, await bucket.keys())
  })

  test.each([...INJECTED, { code: 'UnknownError', number: 5, outcome: 'unknown' }])(
    '$code that does not end leaves the keys as they were, and versions that are named go',
    async ({ code, number, outcome }) => {
      const bucket = await Bucket.createVersioned(gateway)
      const keys = numbered(10)
      await bucket.putAll(keys)
      const versionId = await bucket.put('named')
      await configure('rgw_debug_inject_set_olh_err', number)
      const client = s3Client(gateway, bucket.name, { retry: quickly })
      const report = await client.deleteMany([...keys, { key: 'named', versionId }])
      await restore('rgw_debug_inject_set_olh_err')
      expect(report.deleted).toEqual([{ key: 'named', versionId }])
      expect(report.failed).toMatchObject(keys.map((key) => ({ key, code, outcome, status: 200 })))
      const left = await bucket.keys()
      expect(left).toEqual(keys)
      expectTruth(report, [...keys, 'named'], [...keys, 'named'], left)
    },
  )
})

describe('limits below those documented', () => {
  /** Collects how requests were refused. */
  function refusalsOf() {
    const refusals = new Set<string>()
    const onAttempt = ({ status, code }: AttemptEvent) => status !== 200 && refusals.add(`${status} ${code}`)
    return { refusals, onAttempt }
  }

  test.each([
    { most: 500, count: 1000 },
    { most: 300, count: 1000 },
    { most: 100, count: 1000 },
    { most: 10, count: 1000 },
    { most: 1, count: 50 },
    { most: 500, count: 12_000 },
    { most: 100, count: 12_000 },
    { most: 10, count: 12_000 },
  ])('a store that takes $most keys a request and says only 400: $count keys go', async ({ most, count }) => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(count)
    const stored = every(Math.ceil(count / 200), keys)
    await bucket.putAll([...stored, 'bystander'])
    await configure('rgw_delete_multi_obj_max_num', most)
    const { refusals, onAttempt } = refusalsOf()
    const report = await s3Client(gateway, bucket.name, { onAttempt }).deleteMany(keys)
    const left = await bucket.keys()
    expect(refusals).toEqual(new Set(['400 BadResponse']))
    expectTruth(report, keys, [...stored, 'bystander'], left)
    expect(countOutcomes(report)).toEqual({ deleted: count })
    expect(left).toEqual(['bystander'])
  })

  test('a store that takes nothing and says only 400: all is refused, after a search that ends', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(3000)
    const stored = every(20, keys)
    await bucket.putAll(stored)
    await configure('rgw_delete_multi_obj_max_num', 0)
    const report = await s3Client(gateway, bucket.name).deleteMany(keys)
    expect(countOutcomes(report)).toEqual({ deleted: 0, refused: 3000 })
    expect(new Set(report.failed.map(({ code, status }) => `${status} ${code}`))).toEqual(new Set(['400 BadResponse']))
    expect(report.stats.requests).toBeLessThanOrEqual(3 + 64)
    const left = await bucket.keys()
    expect(left).toHaveLength(stored.length)
    expectTruth(report, keys, stored, left)
  })

  test('a store that takes fewer bytes a request and answers 416: everything goes', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(5000, 'a-longer-key-')
    const stored = every(25, keys)
    await bucket.putAll([...stored, 'bystander'])
    await configure('rgw_max_put_param_size', 10_000)
    const { refusals, onAttempt } = refusalsOf()
    const report = await s3Client(gateway, bucket.name, { onAttempt }).deleteMany(keys)
    expect(refusals).toEqual(new Set(['416 InvalidRange']))
    expect(countOutcomes(report)).toEqual({ deleted: 5000 })
    const left = await bucket.keys()
    expect(left).toEqual(['bystander'])
    expectTruth(report, keys, [...stored, 'bystander'], left)
  })
})

describe('storage that stalls', () => {
  test('past the time limit, nothing is known; once it works again, all is done', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(200)
    await bucket.putAll(keys)
    gateway.pauseStorage()
    const client = s3Client(gateway, bucket.name, { timeoutMs: 300, retry: quickly })
    const report = await client.deleteMany(keys)
    expect(new Set(report.failed.map(({ code, outcome, attempts }) => `${code} ${outcome} ${attempts}`))).toEqual(
      new Set(['Timeout unknown 2']),
    )
    expect(countOutcomes(report)).toEqual({ deleted: 0, unknown: 200 })
    gateway.resumeStorage()
    expectTruth(report, keys, keys, await bucket.keys())
    const repeated = await s3Client(gateway, bucket.name).deleteMany(report.failed.map(({ key }) => key))
    expect(countOutcomes(repeated)).toEqual({ deleted: 200 })
    expect(await bucket.keys()).toEqual([])
  })

  test('for a while, and the run completes', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(2000)
    const stored = every(10, keys)
    await bucket.putAll(stored)
    gateway.pauseStorage()
    const relief = onceAfter(
      2,
      ({ code }) => code === 'Timeout',
      () => gateway.resumeStorage(),
    )
    const settings = { timeoutMs: 2000, retry: patiently, onAttempt: relief.onAttempt }
    const report = await s3Client(gateway, bucket.name, settings).deleteMany(keys)
    await relief.done
    expect(countOutcomes(report)).toEqual({ deleted: 2000 })
    expectTruth(report, keys, stored, await bucket.keys())
  })

  test('an abort keeps what is known', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(3000)
    const stored = every(10, keys)
    await bucket.putAll(stored)
    const controller = new AbortController()
    let answers = 0
    const onPart = () => {
      // The answer begins before anything is deleted.
      if (++answers === 2) controller.abort()
    }
    const input = async function* () {
      yield* keys.slice(0, 1500)
      gateway.pauseStorage()
      // Or not at all, where the gateway has forgotten who the user is and asks the storage.
      setTimeout(() => controller.abort(), 5000).unref()
      yield* keys.slice(1500)
    }
    const { dispatcher } = new Wire({ text: '<DeleteResult', onPart })
    const client = s3Client(gateway, bucket.name, { dispatcher })
    const run = client.deleteMany(input(), { concurrency: 1, signal: controller.signal })
    const error: unknown = await run.catch((thrown: unknown) => thrown)
    if (!isKeysweepError(error) || !error.report || !('deleted' in error.report)) throw error
    expect(error.name).toBe('AbortError')
    expect(controller.signal.aborted).toBe(true)
    gateway.resumeStorage()
    expect(countOutcomes(error.report)).toMatchObject({ deleted: 1000, unknown: 1000 })
    const { resumeFrom = 0 } = error.report
    expectTruth(error.report, keys.slice(0, resumeFrom), stored, await bucket.keys())
  })
})

describe('storage that stalls for longer than the gateway waits', () => {
  const once = { maxAttempts: 1 }
  const SECONDS = 1

  test('keys it gave up on inside a 200 are unknown: some of them are deleted all the same', async () => {
    const bucket = await Bucket.createVersioned(gateway)
    const keys = numbered(1000)
    await bucket.putAll(keys)
    await configure('rados_osd_op_timeout', SECONDS)
    const pause = { text: '<Deleted>', onPart: () => gateway.pauseStorage() }
    const resume = { text: '<Error>', onPart: () => gateway.resumeStorage() }
    const { dispatcher } = new Wire(pause, resume)
    const report = await s3Client(gateway, bucket.name, { dispatcher, retry: once }).deleteMany(keys)
    expect(report.deleted.length).toBeGreaterThan(0)
    expect(report.failed.length).toBeGreaterThan(0)
    expect(new Set(report.failed.map(({ code, outcome, status }) => `${status} ${code} ${outcome}`))).toEqual(
      new Set(['200 RequestTimeout unknown']),
    )
    expectTruth(report, keys, keys, await bucket.keys())
  })

  test('keys that went alone, too', async () => {
    const bucket = await Bucket.createVersioned(gateway)
    const keys = numbered(200, 'bell\u0007')
    await bucket.putAll(keys)
    await configure('rados_osd_op_timeout', SECONDS)
    const isDone = ({ status }: AttemptEvent) => status === 204
    // More than are in flight at first: a gateway that cannot read who asks from its storage answers InvalidAccessKeyId.
    const stall = onceAfter(60, isDone, () => gateway.pauseStorage())
    const relief = onceAfter(
      1,
      ({ code }) => code === 'RequestTimeout',
      () => gateway.resumeStorage(),
    )
    const onAttempt = (event: AttemptEvent) => {
      stall.onAttempt(event)
      relief.onAttempt(event)
    }
    const client = s3Client(gateway, bucket.name, { onAttempt, retry: once, concurrency: 30 })
    const report = await client.deleteMany(keys)
    expect(report.failed.length).toBeGreaterThan(0)
    const ends = report.failed.map(({ code, outcome, status }) => `${status} ${code} ${outcome}`)
    expect(ends).toContain('408 RequestTimeout unknown')
    // One that could not read what the user may do says so, too; such a key is still there.
    for (const end of ends) expect(end).toMatch(/^408 RequestTimeout unknown$|^403 AccessDenied refused$/)
    expectTruth(report, keys, keys, await bucket.keys())
  })
})

describe('a gateway that halts', () => {
  test('past the time limit, nothing is known; once it goes on, all is done', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(2000)
    const stored = every(10, keys)
    await bucket.putAll(stored)
    gateway.pause()
    const client = s3Client(gateway, bucket.name, { timeoutMs: 300, retry: quickly })
    const report = await client.deleteMany(keys)
    expect(new Set(report.failed.map(({ code, outcome, attempts }) => `${code} ${outcome} ${attempts}`))).toEqual(
      new Set(['Timeout unknown 2']),
    )
    expect(countOutcomes(report)).toEqual({ deleted: 0, unknown: 2000 })
    gateway.resume()
    expectTruth(report, keys, stored, await bucket.keys())
    const repeated = await s3Client(gateway, bucket.name).deleteMany(report.failed.map(({ key }) => key))
    expect(countOutcomes(repeated)).toEqual({ deleted: 2000 })
    expect(await bucket.keys()).toEqual([])
  })

  test('in the middle of an answer, for a while, and the run completes', async () => {
    const bucket = await Bucket.create(gateway)
    const keys = numbered(12_000)
    const stored = every(20, keys)
    await bucket.putAll(stored)
    let halts = 0
    const onPart = () => {
      if (halts++ === 0) gateway.pause()
    }
    const wire = new Wire({ text: '<Deleted>', onPart })
    const relief = onceAfter(
      2,
      ({ code }) => code === 'Timeout',
      () => gateway.resume(),
    )
    const { dispatcher } = wire
    // Few at once: what timed out is still worked on, and must not make the rest late, too.
    const settings = { dispatcher, concurrency: 2, timeoutMs: 3000, retry: patiently, onAttempt: relief.onAttempt }
    const report = await s3Client(gateway, bucket.name, settings).deleteMany(keys)
    await relief.done
    expect(wire.cut).toBeGreaterThan(0)
    expect(countOutcomes(report)).toEqual({ deleted: 12_000 })
    const left = await bucket.keys()
    expect(left).toEqual([])
    expectTruth(report, keys, stored, left)
  })
})
