import { describe, expect, it } from 'vitest'
import { NcloudStorageClient } from '../../src/index.js'
import { urlsOf } from './addresses.js'
import { describeContract } from './contract.js'
import { describeObjects } from './contract-s3.js'
import { CONTAINER, KEY_PAIR, openLab, rejection, SUBJECTS } from './lab.js'

const subject = SUBJECTS.ncloud
const EMPTY_TAG = '"d41d8cd98f00b204e9800998ecf8427e"'

describe('ncloud', () => {
  describeContract(subject)
  describe('objects', () => describeObjects(subject))

  it('has the bucket in the host, but where the host cannot carry it', async () => {
    const urls = (bucket: string, options: object = {}) =>
      urlsOf('ncloud', bucket, (fetch) => new NcloudStorageClient({ bucket, credentials: KEY_PAIR, fetch, ...options }))
    expect(await urls('keys')).toEqual([
      'https://keys.kr.ncloudstorage.com/?delete=',
      'https://keys.kr.ncloudstorage.com/a%01',
    ])
    expect((await urls('my.keys'))[0]).toBe('https://kr.ncloudstorage.com/my.keys?delete=')
    const endpoint = 'https://us.ncloudstorage.com'
    expect((await urls('keys', { endpoint, region: 'us' }))[0]).toBe('https://keys.us.ncloudstorage.com/?delete=')
  })

  it('looks at tag and size, and at the date only where told how', async () => {
    const lab = await openLab('ncloud')
    lab.fill(['a', 'b', 'c', 'd'])
    const keys = [
      { key: 'a', eTag: EMPTY_TAG, size: 0 },
      { key: 'b', lastModified: new Date() },
      { key: 'c', size: 5 },
    ]
    const client = new NcloudStorageClient({ ...lab, bucket: CONTAINER, credentials: KEY_PAIR })
    const report = await client.deleteMany(keys)
    // The store says deleted of what it kept: its own words, and documented.
    expect(report.deleted).toEqual([{ key: 'a' }, { key: 'c' }])
    expect(report.failed).toMatchObject([{ key: 'b', code: 'InvalidKey', outcome: 'not-sent' }])
    expect(lab.held).toEqual(['b', 'c', 'd'])
    const dated = new NcloudStorageClient({
      ...lab,
      bucket: CONTAINER,
      credentials: KEY_PAIR,
      lastModifiedAsHttpDate: true,
    })
    expect(
      (
        await dated.deleteMany([
          { key: 'b', lastModified: new Date(0) },
          { key: 'c', size: 0 },
        ])
      ).failed,
    ).toEqual([])
    expect(lab.held).toEqual(['b', 'd'])
  })

  it('fails a version that cannot be one alone', async () => {
    const lab = await openLab('ncloud')
    lab.fill(['a', 'b'])
    const report = await subject.open(lab).deleteMany([{ key: 'a', versionId: 'no-uuid' }, 'b'])
    expect(report.failed).toMatchObject([
      { key: 'a', versionId: 'no-uuid', code: 'InvalidArgument', outcome: 'refused' },
    ])
    expect(lab.held).toEqual(['a'])
  })

  it('stops where it signs for another region', async () => {
    const lab = await openLab('ncloud')
    const client = new NcloudStorageClient({ ...lab, bucket: CONTAINER, credentials: KEY_PAIR, region: 'mars' })
    expect(await rejection(client.deleteMany(['a']))).toMatchObject({
      code: 'AuthorizationHeaderMalformed',
      status: 400,
    })
  })
})
