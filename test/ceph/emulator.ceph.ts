import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmulator } from '../../src/emulator/index.js'
import { seeded } from '../../src/emulator/random.js'
import { type Gateway, startGateway } from './gateway.js'

/** The same bucket at both stores, seen through the official client: ids of versions are told by when they were given. */
class Side {
  readonly #ids = new Map<string, string>([['null', 'null']])
  readonly #names = new Map<string, string>([['null', 'null']])

  constructor(
    readonly client: S3Client,
    readonly Bucket: string,
  ) {}

  async setVersioning(Status: 'Enabled' | 'Suspended'): Promise<void> {
    await this.client.send(new PutBucketVersioningCommand({ Bucket: this.Bucket, VersioningConfiguration: { Status } }))
  }

  async put(Key: string): Promise<string> {
    const { VersionId } = await this.client.send(new PutObjectCommand({ Bucket: this.Bucket, Key, Body: Key }))
    return this.#named(VersionId)
  }

  async mark(Key: string): Promise<string> {
    return this.#named((await this.client.send(new DeleteObjectCommand({ Bucket: this.Bucket, Key }))).VersionId)
  }

  async remove(Key: string, name: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.Bucket, Key, VersionId: this.#ids.get(name) }))
  }

  /** What a page holds that begins behind a version. */
  async behind(KeyMarker: string, name: string): Promise<(string | undefined)[]> {
    const marker = { KeyMarker, VersionIdMarker: this.#ids.get(name) }
    const { Versions = [] } = await this.client.send(new ListObjectVersionsCommand({ Bucket: this.Bucket, ...marker }))
    return Versions.map(({ Key, VersionId = '' }) => `${Key} ${this.#names.get(VersionId)}`)
  }

  /** All pages of a list. */
  async pages(input: Partial<ListObjectVersionsCommandInput>): Promise<object[]> {
    const pages: object[] = []
    for (let from = {}, more = true; more && pages.length < 100; ) {
      const page = await this.client.send(new ListObjectVersionsCommand({ Bucket: this.Bucket, ...input, ...from }))
      from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      more = page.IsTruncated === true
      pages.push(this.#said(page))
    }
    return pages
  }

  #said({ Versions = [], DeleteMarkers = [], CommonPrefixes = [], ...page }: ListObjectVersionsCommandOutput): object {
    const entry = ({ Key, VersionId, IsLatest }: { Key?: string; VersionId?: string; IsLatest?: boolean }) => ({
      Key,
      VersionId: this.#names.get(VersionId ?? ''),
      IsLatest,
    })
    const { IsTruncated, NextKeyMarker, NextVersionIdMarker, Prefix, Delimiter, MaxKeys } = page
    return {
      Versions: Versions.map(({ ETag, Size, StorageClass, ...version }) => ({
        ...entry(version as never),
        ETag,
        Size,
        StorageClass,
      })),
      DeleteMarkers: DeleteMarkers.map((marker) => entry(marker as never)),
      CommonPrefixes,
      ...{ IsTruncated, NextKeyMarker, Prefix, Delimiter, MaxKeys },
      // Behind a common prefix Ceph names the version `null`; there is none.
      ...(!isOfMany(page) && { NextVersionIdMarker: NextVersionIdMarker && this.#names.get(NextVersionIdMarker) }),
    }
  }

  #named(id = 'null'): string {
    if (!this.#names.has(id)) {
      const name = `#${this.#names.size}`
      this.#names.set(id, name)
      this.#ids.set(name, id)
    }
    return this.#names.get(id) as string
  }
}

/** Whether the next page begins behind a common prefix. */
const isOfMany = ({ Delimiter, NextKeyMarker }: Partial<ListObjectVersionsCommandOutput>) =>
  Delimiter !== undefined && NextKeyMarker?.endsWith(Delimiter)

let gateway: Gateway
let emulated: Awaited<ReturnType<ReturnType<typeof createEmulator>['listen']>>
const emulator = createEmulator()
const clients: S3Client[] = []

beforeAll(async () => {
  gateway = await startGateway()
  emulated = await emulator.listen()
})

afterAll(async () => {
  for (const client of clients) client.destroy()
  await emulated?.close()
  await gateway?.stop()
})

async function sides(name: string): Promise<readonly [Side, Side]> {
  const shared = { region: 'us-east-1', forcePathStyle: true }
  const ceph = new S3Client({ ...shared, endpoint: gateway.endpoint, credentials: { ...gateway.owner } })
  const credentials = { accessKeyId: 'emulator-key', secretAccessKey: 'emulator-secret' }
  const ours = new S3Client({ ...shared, endpoint: emulated.endpoints.s3, credentials })
  clients.push(ceph, ours)
  await ceph.send(new CreateBucketCommand({ Bucket: name }))
  emulator.state.create('s3', name)
  return [new Side(ceph, name), new Side(ours, name)]
}

const KEYS = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'c/1', 'c/2', 'd & ü', '～', '😀']

/** What happened to a bucket: versions come and go while they are kept, are not kept yet, and are not kept any more. */
async function makeHistory(both: readonly [Side, Side], seed: number, isSuspended: boolean): Promise<void> {
  const random = seeded(seed)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item
  const all = async <Result>(act: (side: Side) => Promise<Result>) => {
    const [ceph, ours] = await Promise.all(both.map(act))
    expect(ours).toEqual(ceph)
    return ours as Result
  }
  const isMarked = new Set<string>()
  const given: [key: string, name: string][] = []
  const put = async () => {
    const key = pick(KEYS)
    isMarked.delete(key)
    given.push([key, await all((side) => side.put(key))])
  }
  for (let count = 0; count < 4; count++) await put()
  for (let step = 0; step < 60; step++) {
    if (step === 0 || (isSuspended && step % 20 === 0))
      await all((side) => side.setVersioning(step === 20 ? 'Suspended' : 'Enabled'))
    const dice = random()
    const key = pick(KEYS)
    if (dice < 0.5) await put()
    else if (dice < 0.8) {
      // Ceph makes no second marker on top of one, and S3 does.
      if (isMarked.has(key)) continue
      isMarked.add(key)
      given.push([key, await all((side) => side.mark(key))])
    } else {
      const [owner, name] = pick(given)
      await all((side) => side.remove(owner, name))
      // Who is on top now is not followed here.
      isMarked.add(owner)
    }
  }
}

const WHOLE: readonly Partial<ListObjectVersionsCommandInput>[] = [
  {},
  { Prefix: 'a' },
  { Delimiter: '/' },
  { Delimiter: '/', Prefix: 'a/' },
]

async function expectSame([ceph, ours]: readonly [Side, Side], query: Partial<ListObjectVersionsCommandInput>) {
  const [expected, listed] = await Promise.all([ceph.pages(query), ours.pages(query)])
  expect(listed, JSON.stringify(query)).toEqual(expected)
}

test.each([1, 2])('the emulator lists the versions of history %i as Ceph does, in pages of any size', async (seed) => {
  const both = await sides(`kept-${seed}`)
  await makeHistory(both, seed, false)
  for (const query of WHOLE) for (const MaxKeys of [1, 3, 1000]) await expectSame(both, { ...query, MaxKeys })
})

// In pages Ceph loses what lies below a version `null`, if a page ends with that.
test.each([1, 2, 3])(
  'it lists those of history %i as well, where versions were not kept all the time',
  async (seed) => {
    const both = await sides(`suspended-${seed}`)
    await makeHistory(both, seed, true)
    for (const query of WHOLE) await expectSame(both, query)
  },
)

test('behind a version that is gone it lists what is left of the key, which Ceph loses', async () => {
  const both = await sides('gone')
  const [ceph, ours] = await Promise.all(
    both.map(async (side) => {
      await side.setVersioning('Enabled')
      const names = [await side.put('a'), await side.put('a'), await side.put('a'), await side.put('b')]
      expect(await side.behind('a', '#3')).toEqual(['a #2', 'a #1', 'b #4'])
      await side.remove('a', '#3')
      await side.put('a')
      expect(names).toEqual(['#1', '#2', '#3', '#4'])
      return side.behind('a', '#3')
    }),
  )
  expect(ours).toEqual(['a #2', 'a #1', 'b #4'])
  expect(ceph).toEqual(['b #4'])
})
