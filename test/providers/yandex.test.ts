import { describe, expect, it } from 'vitest'
import { type Credentials, type ObjectKey, YandexStorageClient } from '../../src/index.js'
import { urlsOf } from './addresses.js'
import { describeContract } from './contract.js'
import { describeObjects } from './contract-s3.js'
import { expectAccounted, expectKeysweepError } from './expectations.js'
import { CONTAINER, KEY_PAIR, manyKeys, openLab, QUICK, rejection, SUBJECTS } from './lab.js'

const subject = SUBJECTS.yandex
const open = (endpoint: string, credentials: Credentials | (() => Promise<Credentials>)) =>
  new YandexStorageClient({ bucket: CONTAINER, credentials, endpoint, retry: QUICK })

describe('yandex', () => {
  describeContract(subject)
  describe('objects', () => describeObjects(subject))

  it('has the bucket in the path', async () => {
    const urls = (bucket: string) =>
      urlsOf('yandex', bucket, (fetch) => new YandexStorageClient({ bucket, credentials: KEY_PAIR, fetch }))
    expect(await urls('keys')).toEqual([
      'https://storage.yandexcloud.net/keys?delete=',
      'https://storage.yandexcloud.net/keys/a%01',
    ])
    expect((await urls('my.keys'))[0]).toBe('https://storage.yandexcloud.net/my.keys?delete=')
  })

  it('takes an IAM token, for batches and for single deletions', async () => {
    const lab = await openLab('yandex', { iamToken: 't1.token' })
    lab.fill(['a', 'b\u0001'])
    const report = await open(lab.endpoint, { iamToken: 't1.token' }).deleteMany(['a', 'b\u0001'])
    expect(report.failed).toEqual([])
    expect(lab.held).toEqual([])
  })

  it('stops at an unknown IAM token', async () => {
    const lab = await openLab('yandex', { iamToken: 't1.token' })
    const error = expectKeysweepError(await rejection(open(lab.endpoint, { iamToken: 't1.other' }).deleteMany(['a'])))
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403 })
    expect(error.report.failed).toMatchObject([{ key: 'a', outcome: 'refused' }])
  })

  it('fetches an IAM token again when it is refused as expired', async () => {
    const iamToken = [{ iamToken: 't1.old', expiration: new Date(0) }, { iamToken: 't1.new' }]
    const lab = await openLab('yandex', { iamToken })
    const keys = manyKeys(5000)
    lab.fill(keys)
    let fetched = 0
    const report = await open(lab.endpoint, async () => ({
      iamToken: fetched++ === 0 ? 't1.old' : 't1.new',
    })).deleteMany(keys)
    expect(report.failed).toEqual([])
    expectAccounted(report, keys)
    expect(fetched).toBe(2)
    expect(lab.held).toEqual([])
  })

  it('stops at an IAM token that stays expired', async () => {
    const lab = await openLab('yandex', { iamToken: { iamToken: 't1.old', expiration: new Date(0) } })
    let fetched = 0
    const credentials = async () => {
      fetched++
      return { iamToken: 't1.old' }
    }
    const error = expectKeysweepError(await rejection(open(lab.endpoint, credentials).deleteMany(['a'])))
    expect(error.code).toBe('ExpiredToken')
    expect(fetched).toBe(2)
    const fixed = expectKeysweepError(await rejection(open(lab.endpoint, { iamToken: 't1.old' }).deleteMany(['a'])))
    expect(fixed.code).toBe('ExpiredToken')
    expect(lab.stats.requests).toBe(3)
  })

  it('changes from a key pair to a token and back', async () => {
    const lab = await openLab('yandex', { iamToken: 't1.token' })
    const kinds: Credentials[] = [KEY_PAIR, { iamToken: 't1.token' }, KEY_PAIR]
    const credentials = async () => ({ ...(kinds.shift() as Credentials), expiration: new Date(0) })
    const client = open(lab.endpoint, credentials)
    for (const key of ['a', 'b', 'c']) expect((await client.deleteMany([key])).failed).toEqual([])
    expect(kinds).toEqual([])
  })

  it('knows no conditions', async () => {
    const lab = await openLab('yandex')
    lab.fill(['a', 'b', 'c'])
    const keys = [
      { key: 'a', eTag: '"x"' },
      { key: 'b', size: 1 },
      { key: 'c', lastModified: new Date() },
    ]
    const report = await subject.open(lab).deleteMany(keys as ObjectKey[])
    expect(report.failed).toMatchObject(keys.map(({ key }) => ({ key, code: 'InvalidKey', outcome: 'not-sent' })))
    expect(lab.held).toEqual(['a', 'b', 'c'])
  })

  it('takes silence for success only when quiet', async () => {
    const answer = (body: string) => async () => new Response(body)
    const client = (body: string) =>
      new YandexStorageClient({
        bucket: CONTAINER,
        credentials: KEY_PAIR,
        retry: { maxAttempts: 1 },
        fetch: answer(body),
      })
    expect((await client('').deleteMany(['a'], { quiet: true })).deleted).toEqual([{ key: 'a' }])
    expect((await client('').deleteMany(['a'])).failed).toMatchObject([{ key: 'a', outcome: 'unknown' }])
    expect((await client('<html/>').deleteMany(['a'], { quiet: true })).failed).toMatchObject([{ outcome: 'unknown' }])
  })
})
