import type { Accounts } from './accounts.js'
import type { Container } from './container.js'
import type { Call, Incoming, Outgoing, Protocol, Refusal } from './exchange.js'
import { bucketOf } from './hosts.js'
import { orRefuse } from './raw.js'
import { errorDocument, failure, NAMESPACE, notImplemented, refusal, xmlAnswer } from './s3-answers.js'
import { deleteObjects } from './s3-delete.js'
import { listObjects } from './s3-list.js'
import { listObjectVersions } from './s3-list-versions.js'
import { objectCall } from './s3-objects.js'
import { allowOnly, type Query, readQuery } from './s3-query.js'
import { S3_STORES, type S3Store, type S3Traits } from './s3-stores.js'
import { getVersioning, putVersioning } from './s3-versioning.js'
import type { Holdings } from './state.js'
import { SigV4Verifier } from './verify-sigv4.js'

/** The stores that speak S3. */
export class S3Protocol implements Protocol {
  readonly #traits: S3Traits
  readonly #verifier: SigV4Verifier

  constructor(
    readonly store: S3Store,
    readonly accounts: Accounts,
    readonly holdings: Holdings,
  ) {
    this.#traits = S3_STORES[store]
    this.#verifier = new SigV4Verifier(accounts, this.#traits.region)
  }

  async accept(request: Incoming, now: Date): Promise<Call> {
    if (!this.#acceptToken(request, now)) await this.#verifier.verify(request, now)
    const { bucket, key } = this.#resource(request)
    if (bucket === '')
      throw request.method === 'GET' ? notImplemented('a list of buckets') : refusal('MethodNotAllowed')
    const query = readQuery(request.query)
    if (key === '' && request.method === 'PUT' && !query.has('versioning'))
      throw notImplemented('PUT of a bucket; state.create makes one')
    const container = this.holdings.find(this.store, bucket)
    if (!container) throw refusal('NoSuchBucket', { BucketName: bucket })
    const versionId = query.get('versionId')
    if (versionId && this.#traits.versionId?.test(versionId) === false) throw refusal('InvalidArgument')
    return key === '' ? this.#bucketCall(request, bucket, query, container) : objectCall(request, key, query, container)
  }

  async #bucketCall(request: Incoming, bucket: string, query: Query, container: Container): Promise<Call> {
    const { method } = request
    if (method === 'POST' && query.has('delete')) {
      allowOnly(query, 'delete')
      return deleteObjects(request, container, this.#traits)
    }
    if (method === 'PUT' && query.has('versioning')) return putVersioning(request, query, container)
    if (method === 'GET') return this.#read(bucket, query, container)
    if (method !== 'HEAD') throw notImplemented(`${method} of a bucket`)
    allowOnly(query)
    return { items: 1, run: () => ({ status: 200, headers: {}, body: '' }) }
  }

  /** What a bucket holds, or says of itself. */
  #read(bucket: string, query: Query, container: Container): Call {
    if (query.has('location')) return this.#location(query)
    if (query.has('versioning')) return getVersioning(query, container)
    return query.has('versions') ? listObjectVersions(bucket, query, container) : listObjects(bucket, query, container)
  }

  /** `GetBucketLocation`; the first of all regions has no name. */
  #location(query: Query): Call {
    allowOnly(query, 'location')
    const { name } = this.#traits.region
    const region = name === 'us-east-1' ? '' : name
    const document = `<LocationConstraint xmlns="${NAMESPACE}">${region}</LocationConstraint>`
    return { items: 1, run: () => xmlAnswer(200, document) }
  }

  refuse(refused: Refusal, { method, path }: Incoming, requestId: string): Outgoing {
    const answer = xmlAnswer(refused.status, errorDocument(refused, path, requestId))
    return method === 'HEAD' ? { ...answer, body: '' } : answer
  }

  throttled(): Refusal {
    return refusal('SlowDown')
  }

  failure(status: number): Refusal {
    return failure(status)
  }

  retryAfter(seconds: number): Record<string, string> {
    return { 'retry-after': String(Math.ceil(seconds)) }
  }

  identify(requestId: string): Record<string, string> {
    return { 'x-amz-request-id': requestId }
  }

  /** Whether an IAM token came in place of a signature; throws where it is no good. */
  #acceptToken({ headers }: Incoming, now: Date): boolean {
    if (!this.#traits.takesIamTokens) return false
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? headers['x-yacloud-subjecttoken']
    if (token === undefined) return false
    const standing = this.accounts.standing(token, now)
    if (standing !== 'valid') throw refusal(standing === 'expired' ? 'ExpiredToken' : 'AccessDenied')
    return true
  }

  /** What is asked for, in either style of address. */
  #resource({ path, headers }: Incoming): { bucket: string; key: string } {
    const decoded = orRefuse(() => decodeURIComponent(path), refusal('InvalidURI')).slice(1)
    const host = bucketOf(this.store, headers.host ?? '', (name) => this.holdings.find(this.store, name) !== undefined)
    if (host !== undefined) return { bucket: host, key: decoded }
    const slash = decoded.indexOf('/')
    return slash < 0 ? { bucket: decoded, key: '' } : { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1) }
  }
}
