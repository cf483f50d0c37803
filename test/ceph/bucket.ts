import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3'
import type { Gateway } from './gateway.js'

/** A version that a listing shows. */
export interface Version {
  readonly key: string
  readonly versionId: string
  readonly isLatest: boolean
  readonly isMarker: boolean
}

export type Lock = { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly until: Date } | 'HOLD'

const PARALLEL_PUTS = 16
let created = 0

/** A bucket, seen and filled through the official S3 client: it knows nothing of what is tested. */
export class Bucket {
  private constructor(
    readonly name: string,
    private readonly client: S3Client,
  ) {}

  /** Makes a bucket with a name of its own. */
  static async create(gateway: Gateway, { objectLock = false } = {}): Promise<Bucket> {
    const client = new S3Client({
      endpoint: gateway.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { ...gateway.owner },
    })
    const bucket = new Bucket(`bucket-${++created}`, client)
    await client.send(new CreateBucketCommand({ Bucket: bucket.name, ObjectLockEnabledForBucket: objectLock }))
    return bucket
  }

  static async createVersioned(gateway: Gateway): Promise<Bucket> {
    const bucket = await Bucket.create(gateway)
    await bucket.setVersioning('Enabled')
    return bucket
  }

  async setVersioning(Status: 'Enabled' | 'Suspended'): Promise<void> {
    const VersioningConfiguration = { Status }
    await this.client.send(new PutBucketVersioningCommand({ Bucket: this.name, VersioningConfiguration }))
  }

  /** Stores an object, and gives its version where the bucket keeps versions. */
  async put(key: string, lock?: Lock): Promise<string> {
    const headers =
      lock === 'HOLD'
        ? { ObjectLockLegalHoldStatus: 'ON' as const }
        : lock && { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: lock.until }
    const command = new PutObjectCommand({ Bucket: this.name, Key: key, Body: 'x', ...headers })
    return (await this.client.send(command)).VersionId ?? ''
  }

  async putAll(keys: Iterable<string>): Promise<void> {
    const left = keys[Symbol.iterator]()
    const worker = async () => {
      for (let next = left.next(); !next.done; next = left.next()) await this.put(next.value)
    }
    await Promise.all(Array.from({ length: PARALLEL_PUTS }, worker))
  }

  /** Sends keys as one batch, whatever the store may say to that; gives the status of the answer. */
  async deleteAtOnce(keys: readonly string[]): Promise<number | undefined> {
    const Delete = { Objects: keys.map((Key) => ({ Key })) }
    const sent = this.client.send(new DeleteObjectsCommand({ Bucket: this.name, Delete }))
    const { $metadata } = await sent.catch((error: S3ServiceException) => error)
    return $metadata.httpStatusCode
  }

  /** Every key that a plain listing shows, in the store's order. */
  async keys(): Promise<string[]> {
    const keys: string[] = []
    let ContinuationToken: string | undefined
    do {
      const query = { Bucket: this.name, EncodingType: 'url' as const, ContinuationToken }
      const page = await this.client.send(new ListObjectsV2Command(query))
      for (const { Key } of page.Contents ?? []) keys.push(decodeURIComponent(Key as string))
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (ContinuationToken !== undefined)
    return keys
  }

  /** Every version and delete marker, newest first within a key. */
  async versions(): Promise<Version[]> {
    const versions: Version[] = []
    let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {}
    do {
      const page: Page = await this.client.send(new ListObjectVersionsCommand({ Bucket: this.name, ...marker }))
      for (const entry of page.Versions ?? []) versions.push(versionOf(entry, false))
      for (const entry of page.DeleteMarkers ?? []) versions.push(versionOf(entry, true))
      const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page
      marker = page.IsTruncated ? { KeyMarker, VersionIdMarker } : undefined
    } while (marker)
    return versions
  }

  /** Sets what the policy denies to everyone, and what it allows to everyone. */
  async setPolicy(statements: readonly object[]): Promise<void> {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: statements.map((statement) => ({ Principal: '*', ...statement })),
    })
    await this.client.send(new PutBucketPolicyCommand({ Bucket: this.name, Policy }))
  }

  async dropPolicy(): Promise<void> {
    await this.client.send(new DeleteBucketPolicyCommand({ Bucket: this.name }))
  }

  /** How policies call the bucket's objects. */
  resource(path = ''): string {
    return `arn:aws:s3:::${this.name}${path}`
  }
}

type Page = import('@aws-sdk/client-s3').ListObjectVersionsCommandOutput

interface Listed {
  readonly Key?: string | undefined
  readonly VersionId?: string | undefined
  readonly IsLatest?: boolean | undefined
}

const versionOf = ({ Key = '', VersionId = '', IsLatest = false }: Listed, isMarker: boolean): Version => ({
  key: Key,
  versionId: VersionId,
  isLatest: IsLatest,
  isMarker,
})
