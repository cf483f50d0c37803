import * as check from '../check.js'
import { DeleteClient } from '../client.js'
import type { Credentials } from '../credentials.js'
import { endpointOf } from '../endpoint.js'
import { addressingFor, s3Provider } from '../families/s3.js'
import type { ObjectKey } from '../items.js'
import type { ClientOptions, ObjectDeleteOptions } from '../options.js'
import { signedOrBearer } from '../signers/authorize.js'
import { sigv4Signer } from '../signers/sigv4.js'

export interface YandexStorageOptions extends ClientOptions<Credentials> {
  /** Its name alone: neither a URL nor a prefix of keys. */
  readonly bucket: string
  /** Default `https://storage.yandexcloud.net`. */
  readonly endpoint?: string | URL | undefined
  /** Default `ru-central1`. */
  readonly region?: string | undefined
}

/**
 * Deletes from Yandex Object Storage with `deleteMultipleObjects`: up to 1,000 keys a request, signed or with an IAM token.
 *
 * With `quiet`, an empty answer is a success, as its page says.
 *
 * @example
 * const store = new YandexStorageClient({ bucket: 'photos', credentials: { iamToken } })
 * const { deleted, failed } = await store.deleteMany(keys)
 */
export class YandexStorageClient extends DeleteClient<ObjectKey, ObjectDeleteOptions> {
  constructor(options: YandexStorageOptions) {
    check.object(options, 'options')
    const { bucket, region = 'ru-central1' } = options
    check.text(bucket, 'bucket')
    check.region(region)
    const endpoint = endpointOf(options, 'https://storage.yandexcloud.net')
    super(
      s3Provider({
        name: 'yandex',
        endpoint,
        bucket,
        addressing: addressingFor(endpoint, bucket, 'path'),
        // The page requires Content-MD5 and names no alternative.
        integrity: 'md5',
        authorize: signedOrBearer(sigv4Signer({ region })),
        takesIamToken: true,
        conditions: [],
        emptyIsSuccess: true,
      }),
      options,
    )
  }
}
