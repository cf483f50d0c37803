import * as check from '../check.js'
import { DeleteClient } from '../client.js'
import type { KeyPair, RemoteKey } from '../credentials.js'
import { endpointOf } from '../endpoint.js'
import { addressingFor, s3Provider } from '../families/s3.js'
import type { ConditionalKey } from '../items.js'
import type { ClientOptions, ObjectDeleteOptions } from '../options.js'
import { signed } from '../signers/authorize.js'
import { sigv4Signer } from '../signers/sigv4.js'

export interface NcloudStorageOptions extends ClientOptions<KeyPair | RemoteKey> {
  /** Its name alone: neither a URL nor a prefix of keys. */
  readonly bucket: string
  /** Default `https://kr.ncloudstorage.com`, with the bucket in the host. */
  readonly endpoint?: string | URL | undefined
  /** Default `kr`. */
  readonly region?: string | undefined
  /**
   * Sends `lastModified` as an HTTP date. Default false: such keys are refused, because the provider's page gives the
   * field no unit (assumed: the S3 API's).
   */
  readonly lastModifiedAsHttpDate?: boolean | undefined
}

/**
 * Deletes from Ncloud Storage (NAVER Cloud): up to 1,000 keys a request (assumed; its page gives no number).
 *
 * An item may say which `eTag` and `size` it expects. Mind the provider's page: where these do not match what is stored,
 * the object stays and the answer may still be 200, listing it as deleted. Check afterwards where that matters.
 *
 * @example
 * const store = new NcloudStorageClient({ bucket: 'photos', credentials })
 * const { deleted, failed } = await store.deleteMany(keys)
 */
export class NcloudStorageClient extends DeleteClient<ConditionalKey, ObjectDeleteOptions> {
  constructor(options: NcloudStorageOptions) {
    check.object(options, 'options')
    const { bucket, region = 'kr', lastModifiedAsHttpDate } = options
    check.text(bucket, 'bucket')
    check.region(region)
    check.boolean(lastModifiedAsHttpDate, 'lastModifiedAsHttpDate')
    const endpoint = endpointOf(options, 'https://kr.ncloudstorage.com')
    super(
      s3Provider({
        name: 'ncloud',
        endpoint,
        bucket,
        addressing: addressingFor(endpoint, bucket, 'virtual'),
        integrity: 'md5',
        authorize: signed(sigv4Signer({ region })),
        conditionsOption: 'lastModifiedAsHttpDate',
        conditions: lastModifiedAsHttpDate ? ['eTag', 'lastModified', 'size'] : ['eTag', 'size'],
      }),
      options,
    )
  }
}
