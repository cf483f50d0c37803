import * as check from '../check.js'
import { DeleteClient } from '../client.js'
import type { KeyPair, RemoteKey } from '../credentials.js'
import { endpointOf } from '../endpoint.js'
import {
  type Addressing,
  addressingFor,
  beginsWith,
  type Condition,
  type Integrity,
  s3Provider,
} from '../families/s3.js'
import type { ConditionalKey } from '../items.js'
import type { ClientOptions, ObjectDeleteOptions } from '../options.js'
import { signed } from '../signers/authorize.js'
import { sigv4Signer } from '../signers/sigv4.js'

export interface S3StorageOptions extends ClientOptions<KeyPair | RemoteKey> {
  /** Its name alone: neither a URL nor a prefix of keys. */
  readonly bucket: string
  /** The region to sign for: AWS's own, `us-east-1` for most others, `auto` for Cloudflare R2. */
  readonly region: string
  /** Default: AWS in `region`. */
  readonly endpoint?: string | URL | undefined
  /** Whether the bucket stands in the path or in the host. Default: `path`. */
  readonly addressing?: Addressing | undefined
  /** What shows the store that the body arrived whole. Default: `md5`, which the most stores take. */
  readonly integrity?: Integrity | undefined
  /**
   * Whether the store looks at `eTag`, `lastModified` and `size` before it deletes. Default: without an `endpoint`, which
   * means AWS, at `eTag`, else at none. Keys with others are refused, because MinIO, Garage and Ceph ignore the conditions
   * and delete. On AWS, `eTag` works in every bucket, the other two only in directory buckets (Amazon S3 API Reference,
   * DeleteObjects).
   */
  readonly conditionalDeletes?: boolean | undefined
}

/**
 * Deletes from any store that speaks the S3 API, with `DeleteObjects`: up to 1,000 keys and 1,000,000 bytes a request.
 *
 * @example
 * const store = new S3StorageClient({ bucket: 'photos', region: 'eu-central-1', credentials })
 * const { deleted, failed } = await store.deleteMany(keys)
 */
export class S3StorageClient extends DeleteClient<ConditionalKey, ObjectDeleteOptions> {
  constructor(options: S3StorageOptions) {
    check.object(options, 'options')
    const { bucket, region, addressing, integrity = 'md5', conditionalDeletes } = options
    check.text(bucket, 'bucket')
    check.region(region)
    check.oneOf(addressing, ['path', 'virtual'], 'addressing')
    check.oneOf(integrity, ['md5', 'sha256', 'crc32'], 'integrity')
    check.boolean(conditionalDeletes, 'conditionalDeletes')
    const endpoint = endpointOf(options, awsEndpoint(region))
    if (addressing === undefined && endpoint.signingHost !== undefined && beginsWith(bucket, endpoint.signingHost))
      throw new TypeError(
        "addressing must say whether the first label of signingHost is the bucket: 'virtual', or 'path'",
      )
    super(
      s3Provider({
        name: 's3',
        endpoint,
        bucket,
        addressing: addressing ?? addressingFor(endpoint, bucket, 'path'),
        integrity,
        authorize: signed(sigv4Signer({ region })),
        conditionsOption: 'conditionalDeletes',
        conditions: conditionsOf(conditionalDeletes, options.endpoint === undefined),
      }),
      options,
    )
  }
}

/** What the store looks at; where nothing is said of that, AWS at the tag. */
function conditionsOf(conditionalDeletes: boolean | undefined, isAws: boolean): readonly Condition[] {
  if (conditionalDeletes) return ['eTag', 'lastModified', 'size']
  return conditionalDeletes === undefined && isAws ? ['eTag'] : []
}

/** AWS General Reference, "Amazon S3 endpoints". */
const awsEndpoint = (region: string) => `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
