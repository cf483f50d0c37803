import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DeletedKey, DeleteReport } from '../../src/report.js'
import { Bucket, type Version } from './bucket.js'
import { KINDS } from './clients.js'
import { type Gateway, startGateway } from './gateway.js'
import { countOutcomes } from './truth.js'

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
})

afterAll(() => gateway?.stop())

const ids = (versions: readonly Version[]) => versions.map(({ versionId }) => versionId).sort()
const latest = (versions: readonly Version[], key: string) =>
  versions.find((entry) => entry.key === key && entry.isLatest)
const failures = ({ failed }: DeleteReport) => failed.map(({ key, code, outcome }) => ({ key, code, outcome }))

describe.each(Object.entries(KINDS))('%s', (_name, open) => {
  const clientFor = (bucket: Bucket) => open(gateway, bucket.name)

  describe('a versioned bucket', () => {
    test.each([1, 20])('reports the marker of each of %i keys', async (count) => {
      const bucket = await Bucket.createVersioned(gateway)
      const keys = Array.from({ length: count }, (_, index) => `key ${index} & more`)
      await bucket.putAll(keys)
      const { deleted, failed } = await clientFor(bucket).deleteMany([...keys, 'never there'])
      expect(failed).toEqual([])
      const versions = await bucket.versions()
      expect(versions.filter(({ isMarker }) => !isMarker)).toHaveLength(count)
      const expected: DeletedKey[] = [...keys, 'never there'].map((key) => {
        const marker = latest(versions, key)
        if (!marker?.isMarker) throw new Error(`${key} has no marker`)
        return { key, deleteMarker: true, deleteMarkerVersionId: marker.versionId }
      })
      expect(deleted).toEqual(expected)
      expect(await bucket.keys()).toEqual([])
    })

    test('makes markers without a word where it is quiet', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      await bucket.putAll(['a', 'b'])
      const { deleted } = await clientFor(bucket).deleteMany(['a', 'b'], { quiet: true })
      expect(deleted).toEqual([{ key: 'a' }, { key: 'b' }])
      expect((await bucket.versions()).filter(({ isMarker }) => isMarker)).toHaveLength(2)
    })

    test('makes no second marker where the newest version is one', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      await bucket.put('a')
      const client = clientFor(bucket)
      await client.deleteMany(['a'])
      const before = await bucket.versions()
      const { deleted } = await client.deleteMany(['a'])
      expect(deleted).toEqual([{ key: 'a' }])
      expect(await bucket.versions()).toEqual(before)
    })

    test('makes no second marker for a key XML cannot say either', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      await bucket.put('bell\u0007')
      const client = clientFor(bucket)
      const [made] = (await client.deleteMany(['bell\u0007'])).deleted
      expect(made?.deleteMarker).toBe(true)
      const again = await client.deleteMany(['bell\u0007'])
      expect(again.failed).toEqual([])
      expect(
        (await client.deleteMany([{ key: 'bell\u0007', versionId: made?.deleteMarkerVersionId as string }])).failed,
      ).toEqual([])
      // Had there been another marker, the key would not be back.
      expect(await bucket.keys()).toEqual(['bell\u0007'])
    })

    test('removes the version that is named, and no other', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      const first = await bucket.put('a')
      const second = await bucket.put('a')
      const third = await bucket.put('a')
      const other = await bucket.put('b')
      const items = [
        { key: 'a', versionId: first },
        { key: 'a', versionId: third },
      ]
      expect((await clientFor(bucket).deleteMany(items)).deleted).toEqual(items)
      const versions = await bucket.versions()
      expect(ids(versions)).toEqual([second, other].sort())
      expect(latest(versions, 'a')?.versionId).toBe(second)
    })

    test('tells that the version it removed was a marker, and the key is back', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      await bucket.put('a')
      const client = clientFor(bucket)
      const [made] = (await client.deleteMany(['a'])).deleted
      const marker = made?.deleteMarkerVersionId as string
      expect(await bucket.keys()).toEqual([])
      expect((await client.deleteMany([{ key: 'a', versionId: marker }])).deleted).toEqual([
        { key: 'a', versionId: marker, deleteMarker: true, deleteMarkerVersionId: marker },
      ])
      expect(await bucket.keys()).toEqual(['a'])
    })

    test('keeps apart a key, its versions and a version that never was', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      const first = await bucket.put('a')
      const second = await bucket.put('a')
      const items = [{ key: 'a', versionId: first }, 'a', { key: 'a', versionId: `${first.slice(0, -1)}~` }]
      const { deleted, failed } = await clientFor(bucket).deleteMany(items)
      const versions = await bucket.versions()
      const marker = latest(versions, 'a')
      expect(marker?.isMarker).toBe(true)
      expect(ids(versions)).toEqual([second, marker?.versionId].sort())
      expect(deleted.slice(0, 2)).toEqual([
        items[0],
        { key: 'a', deleteMarker: true, deleteMarkerVersionId: marker?.versionId },
      ])
      expect(deleted.length + failed.length).toBe(3)
    })

    test('reports two deletions of one key in the order in which they were asked for', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      const versions = [await bucket.put('a'), await bucket.put('a'), await bucket.put('a'), await bucket.put('a')]
      const items = versions.map((versionId) => ({ key: 'a', versionId })).reverse()
      const duplicates = [...items, ...items]
      expect((await clientFor(bucket).deleteMany(duplicates)).deleted).toEqual(duplicates)
      expect(await bucket.versions()).toEqual([])
    })

    test('deletes keys that XML cannot say, with and without a version', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      const versionId = await bucket.put('bell\u0007')
      await bucket.put('escape\u001b')
      const client = clientFor(bucket)
      const { deleted, failed } = await client.deleteMany([{ key: 'bell\u0007', versionId }, 'escape\u001b'])
      expect(failed).toEqual([])
      expect(deleted).toEqual([
        { key: 'bell\u0007', versionId },
        { key: 'escape\u001b', deleteMarker: true, deleteMarkerVersionId: expect.any(String) },
      ])
      expect(await bucket.keys()).toEqual([])
      const marker = deleted[1]?.deleteMarkerVersionId as string
      expect((await client.deleteMany([{ key: 'escape\u001b', versionId: marker }])).deleted).toEqual([
        { key: 'escape\u001b', versionId: marker, deleteMarker: true, deleteMarkerVersionId: marker },
      ])
      expect(await bucket.keys()).toEqual(['escape\u001b'])
    })

    test('removes the null version, of before versions were kept', async () => {
      const bucket = await Bucket.create(gateway)
      await bucket.put('a')
      await bucket.setVersioning('Enabled')
      const versionId = await bucket.put('a')
      expect((await clientFor(bucket).deleteMany([{ key: 'a', versionId: 'null' }])).deleted).toEqual([
        { key: 'a', versionId: 'null' },
      ])
      expect(ids(await bucket.versions())).toEqual([versionId])
    })

    test('removes more versions than fit a request', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      for (const _round of [1, 2]) await bucket.putAll(Array.from({ length: 100 }, (_, index) => `key-${index}`))
      const stored = (await bucket.versions()).map(({ key, versionId }) => ({ key, versionId }))
      expect(stored).toHaveLength(200)
      const missing = Array.from({ length: 900 }, (_, index) => ({ key: `missing-${index}`, versionId: 'null' }))
      const items = [...stored.slice(0, 100), ...missing, ...stored.slice(100)]
      const { deleted, stats } = await clientFor(bucket).deleteMany(items)
      expect(deleted).toEqual(items)
      expect(stats.requests).toBe(2)
      expect(await bucket.versions()).toEqual([])
    })
  })

  describe('a bucket whose versioning is suspended', () => {
    test('makes the null version a marker, and keeps the others', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      const kept = await bucket.put('a')
      await bucket.setVersioning('Suspended')
      await bucket.put('a')
      const { deleted } = await clientFor(bucket).deleteMany(['a'])
      expect(deleted).toEqual([{ key: 'a', deleteMarker: true, deleteMarkerVersionId: 'null' }])
      const versions = await bucket.versions()
      expect(ids(versions)).toEqual([kept, 'null'].sort())
      expect(latest(versions, 'a')).toMatchObject({ isMarker: true, versionId: 'null' })
    })

    test('removes the null marker by its name, and the version before it is back', async () => {
      const bucket = await Bucket.createVersioned(gateway)
      const kept = await bucket.put('a')
      await bucket.setVersioning('Suspended')
      const client = clientFor(bucket)
      await client.deleteMany(['a'])
      expect(await bucket.keys()).toEqual([])
      const { deleted } = await client.deleteMany([{ key: 'a', versionId: 'null' }])
      // That it was a marker, this store does not say.
      expect(deleted).toEqual([{ key: 'a', versionId: 'null' }])
      expect(await bucket.versions()).toEqual([{ key: 'a', versionId: kept, isLatest: true, isMarker: false }])
    })
  })

  describe('object lock', () => {
    const until = new Date(Date.now() + 24 * 3600 * 1000)

    async function lockedBucket() {
      const bucket = await Bucket.create(gateway, { objectLock: true })
      const free = await bucket.put('free')
      const governed = await bucket.put('governed', { mode: 'GOVERNANCE', until })
      const complying = await bucket.put('complying', { mode: 'COMPLIANCE', until })
      const held = await bucket.put('held', 'HOLD')
      const items = [
        { key: 'governed', versionId: governed },
        { key: 'free', versionId: free },
        { key: 'complying', versionId: complying },
        { key: 'held', versionId: held },
      ]
      return { bucket, items, free, governed, complying, held }
    }

    test('keeps versions under retention or a legal hold', async () => {
      const { bucket, items, governed, complying, held, free } = await lockedBucket()
      const report = await clientFor(bucket).deleteMany(items)
      expect(report.deleted).toEqual([{ key: 'free', versionId: free }])
      expect(failures(report)).toEqual([
        { key: 'governed', code: 'AccessDenied', outcome: 'refused' },
        { key: 'complying', code: 'AccessDenied', outcome: 'refused' },
        { key: 'held', code: 'AccessDenied', outcome: 'refused' },
      ])
      expect(report.failed.map(({ versionId }) => versionId)).toEqual([governed, complying, held])
      expect(ids(await bucket.versions())).toEqual([governed, complying, held].sort())
    })

    test('lets governance be bypassed, and compliance and a legal hold not', async () => {
      const { bucket, items, complying, held } = await lockedBucket()
      const report = await clientFor(bucket).deleteMany(items, { bypassGovernance: true })
      expect(report.deleted).toEqual(items.slice(0, 2))
      expect(failures(report)).toEqual([
        { key: 'complying', code: 'AccessDenied', outcome: 'refused' },
        { key: 'held', code: 'AccessDenied', outcome: 'refused' },
      ])
      expect(ids(await bucket.versions())).toEqual([complying, held].sort())
    })

    test('is no obstacle to a marker', async () => {
      const { bucket, items } = await lockedBucket()
      const report = await clientFor(bucket).deleteMany(items.map(({ key }) => key))
      expect(countOutcomes(report)).toEqual({ deleted: 4 })
      expect(report.deleted.every(({ deleteMarker }) => deleteMarker)).toBe(true)
      expect((await bucket.versions()).filter(({ isMarker }) => !isMarker)).toHaveLength(4)
    })

    test('keeps a version under retention whose key XML cannot say, until governance is bypassed', async () => {
      const bucket = await Bucket.create(gateway, { objectLock: true })
      const versionId = await bucket.put('bell\u0007', { mode: 'GOVERNANCE', until })
      const client = clientFor(bucket)
      const kept = await client.deleteMany([{ key: 'bell\u0007', versionId }])
      expect(failures(kept)).toEqual([{ key: 'bell\u0007', code: 'AccessDenied', outcome: 'refused' }])
      expect(await bucket.keys()).toEqual(['bell\u0007'])
      const gone = await client.deleteMany([{ key: 'bell\u0007', versionId }], { bypassGovernance: true })
      expect(gone.deleted).toEqual([{ key: 'bell\u0007', versionId }])
      expect(await bucket.keys()).toEqual([])
    })
  })
})
