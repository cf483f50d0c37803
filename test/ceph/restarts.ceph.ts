import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Bucket } from './bucket.js'
import { s3Client, yandexClient } from './clients.js'
import { type Gateway, startGateway } from './gateway.js'
import { countOutcomes, expectTruth } from './truth.js'
import { Wire } from './wire.js'

let gateway: Gateway
let bucket: Bucket

beforeAll(async () => {
  gateway = await startGateway()
})

afterAll(() => gateway?.stop())

const KEYS = Array.from({ length: 20_000 }, (_, index) => `key-${index}`)
const STORED = KEYS.filter((_, index) => index % 16 === 0)

/** Kills the gateway while it answers, each time so many answers have begun, and starts it again. */
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
    onPart() {
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

/** What the gateway says first of all, before it has deleted anything, and what it says of each key it has deleted. */
const BEGINNING = '<DeleteResult'
const FIRST_KEY = '<Deleted>'
/** Eight are in flight at once, and each can be followed by one that goes out on another dying connection. */
const MOST_LOST = 16
const retry = { maxAttempts: 30, baseDelayMs: 50, maxDelayMs: 500 }

describe('a gateway that is killed in the middle of its answers', () => {
  test.each([
    { quiet: false, text: FIRST_KEY },
    { quiet: true, text: BEGINNING },
  ])('five times, and the run completes (quiet: $quiet)', async ({ quiet, text }) => {
    const { onPart, kills } = killer(3, 5)
    const wire = new Wire({ text, onPart })
    const report = await s3Client(gateway, bucket.name, { dispatcher: wire.dispatcher, retry }).deleteMany(KEYS, {
      quiet,
    })
    expect(await kills()).toBe(5)
    expect(wire.cut).toBeGreaterThan(0)
    expect(report.stats.retries).toBeGreaterThan(0)
    expect(countOutcomes(report)).toEqual({ deleted: KEYS.length })
    const left = await bucket.keys()
    expect(left).toEqual(['bystander'])
    expectTruth(report, KEYS, [...STORED, 'bystander'], left)
  })

  test.each([
    { name: 'S3', quiet: false, text: FIRST_KEY },
    { name: 'S3', quiet: true, text: BEGINNING },
    // To this client, an empty answer would be a success.
    { name: 'Yandex', quiet: true, text: BEGINNING },
  ])(
    'without a second attempt: only what was under way is unknown ($name, quiet: $quiet)',
    async ({ name, quiet, text }) => {
      const { onPart, kills } = killer(12, 1)
      const wire = new Wire({ text, onPart })
      const settings = { dispatcher: wire.dispatcher, retry: { maxAttempts: 1 } }
      const client = (name === 'Yandex' ? yandexClient : s3Client)(gateway, bucket.name, settings)
      const report = await client.deleteMany(KEYS, { quiet })
      expect(await kills()).toBe(1)
      expect(wire.cut).toBeGreaterThan(0)
      const counts = countOutcomes(report)
      expect(wire.lost).toBeLessThanOrEqual(MOST_LOST)
      expect(counts.unknown).toBe(1000 * wire.lost)
      expect(counts.deleted).toBeGreaterThan(0)
      expect(new Set(report.failed.map(({ code }) => code))).toEqual(new Set(['NetworkError']))
      expectTruth(report, KEYS, [...STORED, 'bystander'], await bucket.keys())
    },
  )

  test('and stays away: what was not sent is still there', async () => {
    let dead: Promise<void> | undefined
    const onPart = () => {
      dead ??= gateway.kill()
    }
    const wire = new Wire({ text: FIRST_KEY, onPart })
    const impatiently = { maxAttempts: 3, baseDelayMs: 20, maxDelayMs: 50 }
    const client = s3Client(gateway, bucket.name, { dispatcher: wire.dispatcher, retry: impatiently })
    const report = await client.deleteMany(KEYS)
    await dead
    await gateway.restart()
    const counts = countOutcomes(report)
    expect(counts['not-sent']).toBeGreaterThan(0)
    expect(counts.unknown).toBeGreaterThan(0)
    expect(counts.unknown).toBeLessThanOrEqual(1000 * MOST_LOST)
    expect(report.failed.every(({ retryable }) => retryable)).toBe(true)
    expectTruth(report, KEYS, [...STORED, 'bystander'], await bucket.keys())
    const rest = report.failed.map(({ key }) => key)
    const repeated = await s3Client(gateway, bucket.name).deleteMany(rest)
    expect(countOutcomes(repeated)).toEqual({ deleted: rest.length })
    expect(await bucket.keys()).toEqual(['bystander'])
  })

  test('while it makes markers: each key has one, and only one', async () => {
    await bucket.setVersioning('Enabled')
    const keys = STORED.slice(0, 1000)
    const { onPart, kills } = killer(1, 2)
    const wire = new Wire({ text: FIRST_KEY, onPart })
    const report = await s3Client(gateway, bucket.name, { dispatcher: wire.dispatcher, retry }).deleteMany(keys)
    expect(await kills()).toBe(2)
    expect(countOutcomes(report)).toEqual({ deleted: keys.length })
    expectTruth(report, keys, [...STORED, 'bystander'], await bucket.keys())
    const versions = await bucket.versions()
    const markers = versions.filter(({ isMarker }) => isMarker)
    expect(markers.map(({ key }) => key).sort()).toEqual([...keys].sort())
    const idOf = new Map(markers.map(({ key, versionId }) => [key, versionId]))
    const wrong = report.deleted.filter(
      ({ key, deleteMarkerVersionId: id }) => id !== undefined && id !== idOf.get(key),
    )
    expect(wrong).toEqual([])
  })
})
