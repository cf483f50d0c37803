import { Agent, type Dispatcher } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Bucket } from './bucket.js'
import { s3Client } from './clients.js'
import { type Gateway, startGateway } from './gateway.js'
import { countOutcomes, expectTruth } from './truth.js'

let gateway: Gateway
let bucket: Bucket

beforeAll(async () => {
  gateway = await startGateway()
})

afterAll(() => gateway?.stop())

const KEYS = Array.from({ length: 20_000 }, (_, index) => `key-${index}`)
const STORED = KEYS.filter((_, index) => index % 8 === 0)

/** Watches what arrives: the gateway is killed when it has answered in part, not at some time that may suit. */
class Wire {
  /** Answers that began, told of a key, and never ended. */
  cut = 0
  readonly dispatcher: Dispatcher

  constructor(onPartialAnswer: () => void) {
    this.dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 }).compose((dispatch) => (options, handler) => {
      let told = false
      return dispatch(options, {
        onRequestStart: (...all) => handler.onRequestStart?.(...all),
        onResponseStart: (...all) => handler.onResponseStart?.(...all),
        onResponseData: (controller, chunk) => {
          handler.onResponseData?.(controller, chunk)
          if (told || !chunk.includes('<Deleted>')) return
          told = true
          onPartialAnswer()
        },
        onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
        onResponseError: (...all) => {
          if (told) this.cut++
          handler.onResponseError?.(...all)
        },
      })
    })
  }
}

/** Kills the gateway at every so manieth answer, as soon as it tells of its first key, and starts it again. */
function killer(every: number, kills: number) {
  let answers = 0
  let left = kills
  let work: Promise<unknown> | undefined
  const restart = async () => {
    await gateway.kill()
    await gateway.restart()
    work = undefined
  }
  return {
    onPartialAnswer() {
      if (++answers % every !== 0 || left === 0 || work) return
      left--
      work = restart()
      // A failure shows where the test waits for it.
      work.catch(() => {})
    },
    /** Waits until the gateway is up; gives how often it was killed. */
    async kills() {
      await work
      return kills - left
    },
  }
}

beforeEach(async () => {
  bucket = await Bucket.create(gateway)
  await bucket.putAll([...STORED, 'bystander'])
})

describe('a gateway that is killed in the middle of its answers', () => {
  test.each([{ quiet: false }])('several times, and the run completes (quiet: $quiet)', async ({ quiet }) => {
    const kill = killer(3, 5)
    const wire = new Wire(kill.onPartialAnswer)
    const client = s3Client(gateway, bucket.name, {
      dispatcher: wire.dispatcher,
      retry: { maxAttempts: 30, baseDelayMs: 50, maxDelayMs: 500 },
    })
    const report = await client.deleteMany(KEYS, { quiet })
    expect(await kill.kills()).toBe(5)
    expect(wire.cut).toBeGreaterThan(0)
    expect(report.stats.retries).toBeGreaterThan(0)
    expect(countOutcomes(report)).toEqual({ deleted: KEYS.length })
    const left = await bucket.keys()
    expect(left).toEqual(['bystander'])
    expectTruth(report, KEYS, [...STORED, 'bystander'], left)
  })

  test('without a second attempt: only what was under way is unknown', async () => {
    const kill = killer(5, 1)
    const wire = new Wire(kill.onPartialAnswer)
    const retry = { maxAttempts: 1 }
    const report = await s3Client(gateway, bucket.name, { dispatcher: wire.dispatcher, retry }).deleteMany(KEYS)
    expect(await kill.kills()).toBe(1)
    expect(wire.cut).toBeGreaterThan(0)
    const counts = countOutcomes(report)
    expect(counts['unknown']).toBeGreaterThanOrEqual(1000)
    // No more than were in flight at the moment of the kill.
    expect(counts['unknown']).toBeLessThanOrEqual(8000)
    expect(new Set(report.failed.map(({ code }) => code))).toEqual(new Set(['NetworkError']))
    expectTruth(report, KEYS, [...STORED, 'bystander'], await bucket.keys())
  })

  test('and stays away: what was not sent is still there', async () => {
    let dead: Promise<void> | undefined
    const wire = new Wire(() => {
      dead ??= gateway.kill()
    })
    const retry = { maxAttempts: 3, baseDelayMs: 20, maxDelayMs: 50 }
    const report = await s3Client(gateway, bucket.name, { dispatcher: wire.dispatcher, retry }).deleteMany(KEYS)
    await dead
    await gateway.restart()
    const counts = countOutcomes(report)
    expect(counts['not-sent']).toBeGreaterThan(0)
    expect(counts['unknown']).toBeGreaterThan(0)
    expect(report.failed.every(({ retryable }) => retryable)).toBe(true)
    expectTruth(report, KEYS, [...STORED, 'bystander'], await bucket.keys())
    const rest = report.failed.map(({ key }) => key)
    const repeated = await s3Client(gateway, bucket.name).deleteMany(rest)
    expect(countOutcomes(repeated)).toEqual({ deleted: rest.length })
    expect(await bucket.keys()).toEqual(['bystander'])
  })
})
