import { describe, expect, it } from 'vitest'
import { CtyunZosClient, type ObjectKey } from '../../src/index.js'
import { describeContract } from './contract.js'
import { expectAccounted, expectKeysweepError } from './expectations.js'
import { CONTAINER, KEY_PAIR, openLab, QUICK, rejection, SUBJECTS } from './lab.js'

const subject = SUBJECTS['ctyun-zos']
const answering = (envelope: unknown, status = 200, maxAttempts = 3) => {
  const fetch = async () => new Response(JSON.stringify(envelope), { status })
  return new CtyunZosClient({
    bucket: CONTAINER,
    regionId: 'region',
    credentials: KEY_PAIR,
    retry: { ...QUICK, maxAttempts },
    fetch,
  })
}

describe('ctyun-zos', () => {
  describeContract(subject)

  it('asks the one endpoint of all regions, unless told otherwise', async () => {
    const asked: Request[] = []
    const fetch = async (request: Request) => {
      asked.push(request)
      return new Response('{"statusCode":800,"returnObj":{"deleted":[{"key":"a"}]}}')
    }
    await new CtyunZosClient({ bucket: 'keys', regionId: 'pool', credentials: KEY_PAIR, fetch }).deleteMany(['a'])
    expect(asked.map(({ url }) => url)).toEqual(['https://zos-global.ctapi.ctyun.cn/v4/oss/delete-objects'])
    expect(await asked[0]?.json()).toEqual({ bucket: 'keys', regionID: 'pool', delete: { objects: [{ key: 'a' }] } })
  })

  it('names buckets and pools beyond ASCII as they are', async () => {
    const bodies: unknown[] = []
    const fetch = async (request: Request) => {
      const body = await request.json()
      bodies.push(body)
      return Response.json({ statusCode: 800, returnObj: { deleted: body.delete.objects } })
    }
    const client = new CtyunZosClient({ bucket: 'фото', regionId: '池', credentials: KEY_PAIR, fetch })
    for (const keys of [
      ['a', 'b'],
      ['a', 'ü'],
    ])
      await client.deleteMany(keys)
    expect(bodies).toEqual(
      ['b', 'ü'].map((key) => ({ bucket: 'фото', regionID: '池', delete: { objects: [{ key: 'a' }, { key }] } })),
    )
  })

  it('deletes versions, and tells of the delete markers it makes and removes', async () => {
    const lab = await openLab('ctyun-zos')
    lab.state.create('ctyun-zos', CONTAINER, { versioning: true })
    const versionId = lab.state.put('ctyun-zos', CONTAINER, 'a', 'old')
    lab.state.put('ctyun-zos', CONTAINER, 'a', 'new')
    const client = subject.open(lab)
    const { deleted } = await client.deleteMany([{ key: 'a', versionId }, 'a'])
    const marker = deleted[1]?.deleteMarkerVersionId ?? ''
    expect(deleted).toEqual([
      { key: 'a', versionId },
      { key: 'a', deleteMarker: true, deleteMarkerVersionId: marker },
    ])
    expect((await client.deleteMany([{ key: 'a', versionId: marker }])).deleted).toEqual([
      { key: 'a', versionId: marker, deleteMarker: true, deleteMarkerVersionId: marker },
    ])
    expect(lab.held).toEqual(['a'])
    const absent = await client.deleteMany([{ key: 'a', versionId: 'absent' }])
    expect(absent.failed).toMatchObject([{ key: 'a', versionId: 'absent', code: 'NoSuchVersion', outcome: 'refused' }])
  })

  it('fails a version too long for any request alone', async () => {
    const { deleted, failed } = await answering({ statusCode: 800, returnObj: { deleted: [{ key: 'b' }] } }).deleteMany(
      [{ key: 'a', versionId: 'v'.repeat(600_000) }, 'b'],
    )
    expect([deleted, failed.map(({ key, code }) => [key, code])]).toEqual([[{ key: 'b' }], [['a', 'InvalidKey']]])
  })

  it('says which request it cannot tell the outcome of', async () => {
    const client = answering({ statusCode: 800, requestId: 'r-1', returnObj: 'done' }, 200, 1)
    const { failed } = await client.deleteMany(['a'])
    const message = 'HTTP 200, but the answer lists no deleted and failed objects'
    expect(failed).toMatchObject([{ code: 'BadResponse', message, outcome: 'unknown', status: 200, requestId: 'r-1' }])
  })

  it('takes an entry without its version for the one there can be', async () => {
    const items = [{ key: 'a', versionId: 'v1' }, 'b']
    const locked = { key: 'a', code: 'AccessDenied', message: 'locked' }
    const refused = answering({ statusCode: 800, returnObj: { deleted: [{ key: 'b' }], errors: [locked] } })
    expect((await refused.deleteMany(items)).failed).toMatchObject([{ ...locked, versionId: 'v1', outcome: 'refused' }])
    const done = answering({ statusCode: 800, returnObj: { deleted: [{ key: 'a' }, { key: 'b' }] } })
    expect((await done.deleteMany(items)).deleted).toEqual([{ key: 'a', versionId: 'v1' }, { key: 'b' }])
    const twice = [
      { key: 'a', versionId: 'v1' },
      { key: 'a', versionId: 'v2' },
    ]
    expect((await refused.deleteMany(twice)).failed.map(({ code }) => code)).toEqual(['Unreported', 'Unreported'])
  })

  for (const bad of ['bad.txt', 'eu-region/x', 'SlowDown.md', 'NoSuchBucket'])
    it(`looks for the key that a refusal names, whatever it is called: ${bad}`, async () => {
      const fetch = async (request: Request) => {
        const { objects } = (await request.json()).delete as { objects: { key: string }[] }
        if (!objects.some(({ key }) => key === bad))
          return Response.json({ statusCode: 800, returnObj: { deleted: objects } })
        return Response.json({ statusCode: 900, errorCode: 'zos.object.bad', eopErrCode: null, message: `Bad: ${bad}` })
      }
      const client = new CtyunZosClient({ bucket: 'b', regionId: 'r', credentials: KEY_PAIR, retry: QUICK, fetch })
      const { deleted, failed } = await client.deleteMany([bad, ...Array.from({ length: 100 }, (_, at) => `k${at}`)])
      expect([deleted.length, failed]).toMatchObject([100, [{ key: bad, code: 'zos.object.bad', outcome: 'refused' }]])
    })

  it('tells the code of a failure that names no statusCode', async () => {
    const run = answering({ error: '10009', message: 'no such user' }, 401).deleteMany(['a'])
    await expect(run).rejects.toMatchObject({ code: '10009', message: expect.stringContaining('no such user') })
  })

  it('knows no conditions, no governance and no IAM tokens', async () => {
    const lab = await openLab('ctyun-zos')
    lab.fill(['a'])
    const keys = [
      { key: 'a', eTag: '"x"' },
      { key: 'a', size: 1 },
      { key: 'a', lastModified: new Date() },
    ]
    const report = await subject.open(lab).deleteMany(keys as ObjectKey[])
    expect(report.failed).toMatchObject(keys.map(() => ({ key: 'a', code: 'InvalidKey', outcome: 'not-sent' })))
    expect(lab.held).toEqual(['a'])
    expect(await rejection(subject.open(lab).deleteMany(['a'], { bypassGovernance: true } as object))).toBeInstanceOf(
      TypeError,
    )
    expect(() => subject.open({ ...lab, credentials: { iamToken: 'token' } as never })).toThrow(/iamToken/)
    expect(() => new CtyunZosClient({ bucket: 'b', regionId: '', credentials: KEY_PAIR })).toThrow(/regionId/)
  })

  it('honours what a failed envelope lists all the same', async () => {
    const returnObj = { deleted: [{ key: 'a' }], errors: [{ key: 'b', code: 'AccessDenied', message: 'No.' }] }
    const report = await answering(
      { statusCode: 900, errorCode: 'openapi.some.failure', returnObj },
      200,
      1,
    ).deleteMany(['a', 'b', 'c'])
    expectAccounted(report, ['a', 'b', 'c'])
    expect(report.deleted).toEqual([{ key: 'a' }])
    expect(report.failed).toMatchObject([
      { key: 'b', code: 'AccessDenied', outcome: 'refused' },
      { key: 'c', code: 'openapi.some.failure', outcome: 'unknown' },
    ])
  })

  it('names a failure by its code, its error or its status code', async () => {
    const codes = []
    for (const names of [{ errorCode: 'a.b.c', error: 'A.B.C' }, { error: 'A.B.C' }, {}])
      codes.push((await answering({ statusCode: 900, ...names }).deleteMany(['a'])).failed[0]?.code)
    expect(codes).toEqual(['a.b.c', 'A.B.C', '900'])
  })

  for (const lasting of [
    { errorCode: 'openapi.bucket.notFound', message: 'NoSuchBucketError' },
    { errorCode: 'openapi.any.thing', message: 'AccessDenied' },
    { errorCode: 'openapi.regionId.invalid' },
  ])
    it(`stops at ${lasting.errorCode}`, async () => {
      const client = answering({ statusCode: 900, ...lasting })
      const error = expectKeysweepError(await rejection(client.deleteMany(['a', 'b'])))
      expect(error.code).toBe(lasting.errorCode)
      expect(error.report.stats.requests).toBe(1)
      expectAccounted(error.report, ['a', 'b'])
    })

  it('believes a success only with a status that is one', async () => {
    const envelope = { statusCode: 800, returnObj: { deleted: [{ key: 'a' }], errors: [] } }
    for (const status of [400, 404, 500, 503]) {
      const report = await answering(envelope, status)
        .deleteMany(['a'])
        .catch((error: unknown) => expectKeysweepError(error).report)
      expect(report.deleted).toEqual([])
    }
    expect((await answering({ ...envelope, statusCode: '800' }).deleteMany(['a'])).deleted).toEqual([{ key: 'a' }])
  })

  it('tries again where the envelope names what passes', async () => {
    let asked = 0
    const fetch = async () =>
      Response.json(
        asked++ < 2
          ? { statusCode: 900, message: 'SlowDown' }
          : { statusCode: 800, returnObj: { deleted: [{ key: 'a' }] } },
      )
    const client = subject.open({ endpoint: 'http://127.0.0.1:1', fetch })
    const report = await client.deleteMany(['a'])
    expect(report.deleted).toEqual([{ key: 'a' }])
    expect(report.stats).toMatchObject({ requests: 3, throttled: 2 })
  })
})
