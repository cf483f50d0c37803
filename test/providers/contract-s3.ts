import { expect, it } from 'vitest'
import type { ObjectKey } from '../../src/index.js'
import { CONTAINER, isNodeHalf, openLab, type Subject } from './lab.js'

/** What the stores that speak S3 promise beyond keys. */
export function describeObjects({ name, open }: Subject): void {
  it('deletes a version for good, and only that', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { versioning: true })
    const [first, second, third] = ['1', '2', '3'].map((value) => lab.state.put(name, CONTAINER, 'a', value))
    const report = await open(lab).deleteMany([{ key: 'a', versionId: second as string }])
    expect(report.deleted).toEqual([{ key: 'a', versionId: second }])
    expect(lab.state.versions(name, CONTAINER, 'a').map(({ versionId }) => versionId)).toEqual([third, first])
  })

  it('deletes many versions of one key in one request', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { versioning: true })
    const versions = ['1', '2', '3'].map((value) => lab.state.put(name, CONTAINER, 'a', value))
    const keys = versions.map((versionId) => ({ key: 'a', versionId }))
    const report = await open(lab).deleteMany(keys)
    expect(report.deleted).toEqual(keys)
    expect(report.stats.requests).toBe(1)
    expect(lab.state.versions(name, CONTAINER, 'a')).toEqual([])
  })

  it('tells of the delete markers it makes and removes', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { versioning: true })
    const version = lab.state.put(name, CONTAINER, 'a')
    const client = open(lab)
    const made = await client.deleteMany(['a'])
    const [{ deleteMarkerVersionId: marker = '' } = {}] = made.deleted
    expect(made.deleted).toEqual([{ key: 'a', deleteMarker: true, deleteMarkerVersionId: marker }])
    expect(lab.state.versions(name, CONTAINER, 'a')).toMatchObject([
      { versionId: marker, deleteMarker: true },
      { versionId: version, deleteMarker: false },
    ])
    expect(lab.held).toEqual([])
    const removed = await client.deleteMany([{ key: 'a', versionId: marker }])
    expect(removed.deleted).toEqual([
      { key: 'a', versionId: marker, deleteMarker: true, deleteMarkerVersionId: marker },
    ])
    expect(lab.held).toEqual(['a'])
  })

  it('deletes a key and one of its versions together', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { versioning: true })
    const versionId = lab.state.put(name, CONTAINER, 'a', '1')
    const report = await open(lab).deleteMany([{ key: 'a', versionId }, 'a'])
    expect(report.deleted).toMatchObject([
      { key: 'a', versionId },
      { key: 'a', deleteMarker: true },
    ])
    expect(report.deleted[0]).not.toHaveProperty('deleteMarker')
    expect(lab.state.versions(name, CONTAINER, 'a')).toMatchObject([{ deleteMarker: true }])
  })

  it('deletes the version called null', async () => {
    const lab = await openLab(name)
    lab.state.put(name, CONTAINER, 'a', 'old')
    lab.state.create(name, CONTAINER, { versioning: true })
    const version = lab.state.put(name, CONTAINER, 'a', 'new')
    const report = await open(lab).deleteMany([{ key: 'a', versionId: 'null' }])
    expect(report.deleted).toEqual([{ key: 'a', versionId: 'null' }])
    expect(lab.state.versions(name, CONTAINER, 'a').map(({ versionId }) => versionId)).toEqual([version])
  })

  it('sends the same version once', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { versioning: true })
    const key = { key: 'a', versionId: lab.state.put(name, CONTAINER, 'a', '1') }
    const report = await open(lab).deleteMany([key, { ...key }])
    expect(report.deleted).toEqual([key, key])
    expect(lab.stats.items).toBe(1)
  })

  it('bypasses governance only where it is told to, and a legal hold never', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { objectLock: true })
    const keys = (['GOVERNANCE', 'COMPLIANCE', 'HOLD'] as const).map((lock) => {
      const versionId = lab.state.put(name, CONTAINER, lock, 'v')
      lab.state.lock(name, CONTAINER, lock, lock)
      return { key: lock, versionId }
    })
    const client = open(lab)
    const kept = await client.deleteMany(keys)
    expect(kept.deleted).toEqual([])
    expect(kept.failed).toMatchObject(keys.map((key) => ({ ...key, code: 'AccessDenied', outcome: 'refused' })))
    const bypassed = await client.deleteMany(keys, { bypassGovernance: true })
    expect(bypassed.deleted).toEqual([keys[0]])
    expect(bypassed.failed).toMatchObject(keys.slice(1))
  })

  it('deletes keys that XML cannot carry one by one', async () => {
    const lab = await openLab(name)
    const keys = ['a', 'a\u0001', 'a\u0000b', 'b\uffff', 'c/d\u0002 +%é/', 'z']
    lab.fill([...keys, 'a\ufffd', 'ab', 'b', 'c/d'])
    const operations: string[] = []
    const client = open({ ...lab, onAttempt: ({ operation, items }) => operations.push(`${operation} ${items}`) })
    const report = await client.deleteMany(keys)
    expect(report.deleted).toEqual(keys.map((key) => ({ key })))
    expect(operations.sort()).toEqual([...Array(4).fill('DeleteObject 1'), 'DeleteObjects 2'])
    expect(lab.held.sort()).toEqual(['a\ufffd', 'ab', 'b', 'c/d'].sort())
  })

  it('deletes versions of keys that XML cannot carry, and tells of markers', async () => {
    const lab = await openLab(name)
    lab.state.create(name, CONTAINER, { objectLock: true })
    const versionId = lab.state.put(name, CONTAINER, 'a\u0001', 'v')
    lab.state.lock(name, CONTAINER, 'a\u0001', 'GOVERNANCE')
    const client = open(lab)
    const refused = await client.deleteMany([{ key: 'a\u0001', versionId }])
    expect(refused.failed).toMatchObject([{ key: 'a\u0001', versionId, code: 'AccessDenied', outcome: 'refused' }])
    const bypassed = await client.deleteMany([{ key: 'a\u0001', versionId }], { bypassGovernance: true })
    expect(bypassed.deleted).toEqual([{ key: 'a\u0001', versionId }])
    const [marked] = (await client.deleteMany(['a\u0001'])).deleted
    expect(marked).toEqual({ key: 'a\u0001', deleteMarker: true, deleteMarkerVersionId: expect.any(String) })
    expect(lab.state.versions(name, CONTAINER, 'a\u0001')).toMatchObject([{ versionId: marked?.deleteMarkerVersionId }])
  })

  it('tries single deletions again', async () => {
    const lab = await openLab(name)
    lab.fill(['a\u0001'])
    lab.faults({ status: { 500: 0.4, 503: 0.3 }, reset: 0.2 })
    const report = await open({ ...lab, retry: { baseDelayMs: 1, maxDelayMs: 5, maxAttempts: 100 } }).deleteMany([
      'a\u0001',
    ])
    expect(report.deleted).toEqual([{ key: 'a\u0001' }])
    expect(lab.held).toEqual([])
  })

  it('believes a single deletion only on a 204', async () => {
    const lab = await openLab(name)
    for (const body of [
      '',
      '<!DOCTYPE html><html><body>Welcome</body></html>',
      '<Error><Code>InternalError</Code></Error>',
    ]) {
      const client = open({ ...lab, fetch: async () => new Response(body, { status: 200 }) })
      const report = await client.deleteMany(['a\u0001'])
      expect(report.failed).toMatchObject([{ key: 'a\u0001', outcome: 'unknown', status: 200 }])
    }
  })

  it('takes a success that is not the one expected neither for a deletion nor for a refusal', async () => {
    const lab = await openLab(name)
    for (const status of [201, 202, 206]) {
      const report = await open({ ...lab, fetch: async () => new Response('', { status }) }).deleteMany([
        'a',
        'a\u0001',
      ])
      expect(report.failed).toMatchObject([
        { key: 'a', outcome: 'unknown', status },
        { key: 'a\u0001', outcome: 'unknown', status },
      ])
    }
  })

  it('takes dot segments for what they are', async () => {
    const lab = await openLab(name)
    const keys = ['../a', './a', 'a/../b', '..', '.', '/', 'a//b']
    lab.fill([...keys, 'a', 'b', 'a/b'])
    const report = await open(lab).deleteMany(keys)
    expect(report.deleted).toEqual(keys.map((key) => ({ key })))
    expect(lab.held).toEqual(['a', 'b', 'a/b'])
  })

  it('deletes dot segments in a path where the transport can say them, else nothing', async () => {
    const lab = await openLab(name)
    const keys = ['x/../a\u0001', './b\u0001', '\u0001/..']
    lab.fill([...keys, 'a\u0001', 'b\u0001', '\u0001'])
    const report = await open(lab).deleteMany(keys)
    if (isNodeHalf) {
      expect(report.failed).toEqual([])
      expect(report.deleted).toEqual(keys.map((key) => ({ key })))
    } else {
      expect(report.deleted).toEqual([])
      for (const [index, failure] of report.failed.entries())
        expect(failure).toMatchObject({ key: keys[index], code: 'InvalidKey', outcome: 'not-sent', attempts: 0 })
      expect(lab.stats.requests).toBe(0)
    }
    expect(lab.held.filter((key) => !keys.includes(key))).toEqual(['a\u0001', 'b\u0001', '\u0001'])
  })

  it('fails members of the wrong type alone', async () => {
    const lab = await openLab(name)
    lab.fill(['a', 'b'])
    const wrong = [
      { versionId: 7 },
      { versionId: '' },
      { versionId: null },
      { versionId: '\ud800' },
      { versionId: 'v'.repeat(65_537) },
      { eTag: 7 },
      { eTag: '"\u0001"' },
      { eTag: 'e'.repeat(1_100_000) },
      { size: -1 },
      { lastModified: 'today' },
    ]
    const keys = [...wrong.map((member) => ({ key: 'a', ...member })), 'b'] as ObjectKey[]
    const report = await open(lab).deleteMany(keys)
    expect(report.failed).toHaveLength(wrong.length)
    for (const failure of report.failed)
      expect(failure).toMatchObject({ key: 'a', code: 'InvalidKey', outcome: 'not-sent' })
    expect(lab.held).toEqual(['a'])
    for (const member of wrong) {
      const { failed } = await open(lab).deleteMany([{ key: 'a', ...member } as ObjectKey])
      expect(failed, JSON.stringify(member)).toMatchObject([{ key: 'a', code: 'InvalidKey', outcome: 'not-sent' }])
    }
    expect(lab.held).toEqual(['a'])
  })
}
