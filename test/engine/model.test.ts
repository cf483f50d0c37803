import fc from 'fast-check'
import { type DeleteBatch, type DeleteReport, isKeysweepError, type KeysweepError } from 'keysweep'
import { afterAll, expect, test, vi } from 'vitest'
import { clientFor, type Fault, ModelStore, NO_FAULT, randomFrom } from './model-store.js'

interface Scenario {
  readonly dialect: 'esa' | 's3' | 'ctyun'
  readonly seed: number
  readonly count: number
  readonly padding: number
  readonly duplicates: number
  readonly invalid: number
  readonly poison: number
  readonly mostItems: number
  readonly faults: readonly Fault[]
  readonly faultsForever: boolean
  readonly concurrency: number
  readonly quiet: boolean
  readonly maxAttempts: number
  readonly source: 'array' | 'set' | 'generator' | 'asynchronous' | 'slow' | 'stream' | 'throws' | 'hangs'
  readonly consumer: 'whole' | 'batches' | 'leaves'
  readonly maxRequests: number | undefined
  readonly abortAt: { readonly what: 'request' | 'progress' | 'item'; readonly index: number } | undefined
  readonly throwsAt: { readonly what: 'onAttempt' | 'onProgress'; readonly index: number } | undefined
}

const rarely = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.option(arbitrary, { nil: undefined, freq: 3 }) as fc.Arbitrary<Value | undefined>

const faults = fc.record<Fault>({
  kind: fc.constantFrom(
    'none',
    'none',
    'none',
    'throttle',
    'too-many-requests',
    'server-error',
    'network',
    'truncated',
    'empty',
    'html',
    'key-errors',
    'key-errors',
    'left-out',
    'hang',
  ),
  applied: fc.boolean(),
  retryAfter: fc.constantFrom(undefined, undefined, '0', '60'),
  share: fc.constantFrom(0.002, 0.05, 0.5, 1),
  invented: fc.boolean(),
  shuffled: fc.boolean(),
})

const scenarios = fc.record<Scenario>({
  dialect: fc.constantFrom('s3', 'esa', 'ctyun'),
  seed: fc.integer(),
  count: fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 3_500 })),
  padding: fc.constantFrom(0, 0, 20, 480),
  duplicates: fc.constantFrom(0, 0, 0.01, 0.5),
  invalid: fc.constantFrom(0, 0, 0.01, 1),
  poison: fc.constantFrom(0, 0, 0, 0.0005, 0.01, 1),
  mostItems: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1_300, 77),
  faults: fc.array(faults, { maxLength: 14 }),
  faultsForever: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 9 }),
  quiet: fc.constantFrom(false, false, true),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  source: fc.constantFrom('array', 'set', 'generator', 'asynchronous', 'slow', 'stream', 'throws', 'hangs'),
  consumer: fc.constantFrom('whole', 'whole', 'batches', 'leaves'),
  maxRequests: rarely(fc.nat({ max: 14 })),
  abortAt: rarely(fc.record({ what: fc.constantFrom('request', 'progress', 'item'), index: fc.nat({ max: 10 }) })),
  throwsAt: rarely(fc.record({ what: fc.constantFrom('onAttempt', 'onProgress'), index: fc.nat({ max: 10 }) })),
})

function inputOf({ seed, count, padding, duplicates, invalid, source }: Scenario): string[] {
  const random = randomFrom(seed)
  const keys: string[] = []
  for (let index = 0; index < count; index++) {
    const chance = random()
    if (chance < invalid) keys.push('x'.repeat(2_000))
    else if (chance < invalid + duplicates && index > 0) keys.push(keys[Math.floor(random() * index)] as string)
    else keys.push(`${index}&<é${'~ü'.repeat(Math.floor((random() * padding) / 4))}`)
  }
  return source === 'set' ? [...new Set(keys)] : keys
}

/** Timers that were set while this is on, and neither fired nor were cleared. */
function watchTimers() {
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const open = new Set<unknown>()
  vi.stubGlobal('setTimeout', (callback: () => void, delay?: number) => {
    const timer = set(() => {
      open.delete(timer)
      callback()
    }, delay)
    open.add(timer)
    return timer
  })
  vi.stubGlobal('clearTimeout', (timer: ReturnType<typeof setTimeout>) => {
    open.delete(timer)
    clear(timer)
  })
  return { open, realSet: set, realClear: clear, restore: () => vi.unstubAllGlobals() }
}

/** Whether the input's beginning can be told apart into the two lists, each in input order. */
function interleave(input: readonly string[], done: readonly string[], failed: readonly string[]): boolean {
  let reached = new Set([0])
  for (const [index, key] of input.slice(0, done.length + failed.length).entries()) {
    const next = new Set<number>()
    for (const taken of reached) {
      if (done[taken] === key) next.add(taken + 1)
      if (failed[index - taken] === key) next.add(taken)
    }
    reached = next
  }
  return reached.has(done.length)
}

const unhandled: unknown[] = []
const noteUnhandled = (reason: unknown) => void unhandled.push(reason)
process.on('unhandledRejection', noteUnhandled)
afterAll(() => void process.off('unhandledRejection', noteUnhandled))

async function check(scenario: Scenario): Promise<void> {
  const { dialect, seed, concurrency, quiet, maxRequests, abortAt, throwsAt, consumer } = scenario
  const input = inputOf(scenario)
  const random = randomFrom(seed + 1)
  const store = new ModelStore(dialect, input, seed + 2)
  store.poison = new Set(input.filter(() => random() < scenario.poison))
  store.mostItems = dialect === 'esa' ? scenario.mostItems : Number.POSITIVE_INFINITY
  store.faultFor = (index) => {
    const fault = scenario.faults[scenario.faultsForever ? index % scenario.faults.length : index] ?? NO_FAULT
    // Asked to be quiet, a store that leaves a key out says that it is deleted.
    return quiet && fault.kind === 'left-out' ? { ...fault, applied: true } : fault
  }
  const controller = new AbortController()
  const reason = new Error('aborted by the test')
  const passes = (what: string, index: number) => {
    if (abortAt?.what === what && abortAt.index === index) controller.abort(reason)
  }
  store.before = (index) => passes('request', index)
  let pulled = 0
  let budgetSpentAt: number | undefined
  const thrown = new Error('thrown by the test')
  const callback = (what: string) => {
    let calls = 0
    return () => {
      if (what === 'onProgress') passes('progress', calls)
      if (throwsAt?.what === what && throwsAt.index === calls++) throw thrown
    }
  }
  function* generated() {
    for (const key of input) {
      passes('item', Math.floor(pulled / 100))
      pulled++
      yield key
    }
    if (scenario.source === 'throws') throw thrown
  }
  const turn = () => new Promise<void>((resolve) => timers.realSet(resolve, 0))
  async function* generatedLater() {
    for (const key of generated()) {
      if (scenario.source === 'slow' && pulled % 500 === 0) await turn()
      if (maxRequests !== undefined && store.requests.length >= maxRequests) budgetSpentAt ??= pulled
      yield key
    }
    if (scenario.source === 'hangs') {
      // Comes to its end only once nobody waits for it any more.
      await new Promise((resolve) => {
        controller.signal.addEventListener('abort', resolve)
        timers.realSet(() => controller.abort(reason), 60)
      })
      await new Promise(() => {})
    }
  }
  const sourceOf = () => {
    if (scenario.source === 'array') return input
    if (scenario.source === 'set') return new Set(input)
    if (scenario.source === 'generator' || scenario.source === 'throws') return generated()
    if (scenario.source !== 'stream') return generatedLater()
    const items = generated()
    return new ReadableStream<string>({
      pull(stream) {
        const { done, value } = items.next()
        if (done) stream.close()
        else stream.enqueue(value)
      },
    })
  }

  const timers = watchTimers()
  const guard = { timer: undefined as ReturnType<typeof setTimeout> | undefined }
  let report: DeleteReport | undefined
  let error: KeysweepError | undefined
  let left = false
  const done: string[] = []
  const failed: DeleteReport['failed'][number][] = []
  try {
    const client = clientFor(store, {
      concurrency,
      timeoutMs: 40,
      retry: { baseDelayMs: 0, maxDelayMs: 2, maxAttempts: scenario.maxAttempts },
      onAttempt: callback('onAttempt'),
    })
    const options = {
      signal: controller.signal,
      quiet,
      onProgress: callback('onProgress'),
      ...(maxRequests !== undefined && { maxRequests }),
    }
    const run = async () => {
      if (consumer === 'whole') {
        report = await client.deleteMany(sourceOf(), options)
        return
      }
      const batches: DeleteBatch[] = []
      try {
        for await (const batch of client.deleteBatches(sourceOf(), options)) {
          expect(batch.deleted.length + batch.failed.length).toBe(batch.count)
          expect(batch.stats).toMatchObject({
            items: batch.count,
            deleted: batch.deleted.length,
            failed: batch.failed.length,
          })
          const slice = input.slice(batch.offset, batch.offset + batch.count)
          const names = batch.deleted.map(({ key }) => key)
          expect(
            interleave(
              slice,
              names,
              batch.failed.map(({ key }) => key),
            ),
          ).toBe(true)
          batches.push(batch)
          const ends = new Map(batches.map(({ offset, count }) => [offset, offset + count]))
          let through = 0
          for (let end = ends.get(through); end !== undefined; end = ends.get(through)) through = end
          expect(batch.settledThrough).toBe(through)
          if (consumer === 'leaves' && batches.length === 2) {
            left = true
            break
          }
        }
      } finally {
        batches.sort((first, second) => first.offset - second.offset)
        for (const batch of batches) {
          for (const { key } of batch.deleted) done.push(key)
          failed.push(...batch.failed)
        }
        if (!left) {
          const sum = (name: 'requests' | 'retries' | 'throttled' | 'bytesSent' | 'bytesReceived') =>
            batches.reduce((total, { stats }) => total + stats[name], 0)
          expect(sum('requests')).toBeLessThanOrEqual(store.requests.length)
          if (batches.length > 0 && !controller.signal.aborted && !throwsAt && scenario.source !== 'throws')
            expect(sum('requests')).toBe(store.requests.length)
          expect(sum('bytesSent')).toBeLessThanOrEqual(
            store.requests.reduce((total, seen) => total + seen.bodyBytes, 0),
          )
        }
      }
    }
    const hung = new Promise<never>((_, reject) => {
      guard.timer = timers.realSet(() => reject(new Error('the run hangs')), 8_000)
    })
    await Promise.race([run(), hung]).catch((caught: unknown) => {
      if (!isKeysweepError(caught)) throw caught
      error = caught
    })
    timers.realClear(guard.timer)
    await turn()
    await turn()
    const sentBefore = store.requests.length
    await new Promise<void>((resolve) => timers.realSet(resolve, 4))
    expect(store.requests.length).toBe(sentBefore)
    expect(timers.open.size).toBe(0)
  } finally {
    timers.realClear(guard.timer)
    timers.restore()
  }

  if (error) {
    const isAbort = controller.signal.aborted && error.name === 'AbortError'
    expect(isAbort || error.cause === thrown).toBe(true)
    if (isAbort) expect(error.cause).toBe(reason)
  }
  const final = report ?? (error?.report as DeleteReport | undefined)
  if (consumer === 'whole') {
    expect(final).toBeDefined()
    for (const { key } of final?.deleted ?? []) done.push(key)
    failed.push(...(final?.failed ?? []))
    const stats = final?.stats
    expect(stats).toMatchObject({ items: done.length + failed.length, deleted: done.length, failed: failed.length })
    expect(stats?.retries).toBeLessThanOrEqual(stats?.requests ?? 0)
    expect(stats?.requests).toBe(store.requests.length)
  }
  const names = failed.map(({ key }) => key)
  if (!left) {
    expect(interleave(input, done, names)).toBe(true)
    const taken = done.length + failed.length
    const endedEarly = final?.resumeFrom !== undefined
    if (consumer === 'whole' || error) {
      if (endedEarly) expect(final?.resumeFrom).toBe(taken)
      else expect(taken).toBe(input.length)
      if (error) expect(endedEarly).toBe(true)
    }
    const known = new Set(input.slice(0, taken))
    expect(store.requests.flatMap(({ keys }) => keys.filter((key) => !known.has(key)))).toEqual([])
  }
  expect(store.requests.length).toBeLessThanOrEqual(maxRequests ?? Number.POSITIVE_INFINITY)
  if (budgetSpentAt !== undefined) expect(pulled).toBeLessThanOrEqual(budgetSpentAt + 2)

  expect(done.filter((key) => store.present.has(key))).toEqual([])
  const sent = new Set(store.requests.flatMap(({ keys }) => keys))
  const mayBeGone = new Set(done)
  const maySent = new Set(done)
  for (const { key, outcome } of failed) {
    if (outcome === 'unknown') mayBeGone.add(key)
    if (outcome !== 'not-sent') maySent.add(key)
  }
  // The fate of a duplicate in a batch that nobody took is not known here.
  if (left)
    for (const key of input.filter((some, index) => input.indexOf(some) !== index)) {
      mayBeGone.add(key)
      maySent.add(key)
    }
  const untrue = failed.filter(({ key, code, outcome, attempts }) => {
    if (outcome !== 'unknown' && !mayBeGone.has(key) && !store.present.has(key)) return true
    if (outcome === 'not-sent' && !maySent.has(key) && sent.has(key)) return true
    if (code === 'InvalidKey' && outcome !== 'not-sent') return true
    return outcome === 'not-sent' ? attempts !== 0 : attempts === 0
  })
  expect(untrue).toEqual([])
  expect(unhandled).toEqual([])
}

test('whatever befalls a run, its report is true', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(scenarios, check), {
    numRuns: Number(process.env.KEYSWEEP_RUNS ?? 200),
    endOnFailure: false,
  })
})
