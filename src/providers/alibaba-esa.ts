import * as check from '../check.js'
import { KeyValueClient } from '../client.js'
import type { KeyPair, RemoteKey } from '../credentials.js'
import { endpointOf } from '../endpoint.js'
import { edgeKvProvider } from '../families/edge-kv.js'
import type { ClientOptions } from '../options.js'
import { acs3Signer } from '../signers/acs3.js'
import { signed } from '../signers/authorize.js'

export interface EsaKvOptions extends ClientOptions<KeyPair | RemoteKey> {
  /** The name of the key-value namespace. */
  readonly namespace: string
  /** Default `https://esa.cn-hangzhou.aliyuncs.com`; Singapore is `https://esa.ap-southeast-1.aliyuncs.com`. */
  readonly endpoint?: string | URL | undefined
}

/**
 * Deletes from and writes to Edge KV of Alibaba Cloud ESA, with `BatchDeleteKv` and `BatchPutKv` (API version 2024-09-10):
 * up to 10,000 keys and 2,000,000 encoded bytes a request. A value too long for a batch goes by `PutKv`.
 *
 * The store gives no reason for a key it lists as failed; such keys are tried again and then reported as `Unspecified`.
 *
 * @example
 * const kv = new EsaKvClient({ namespace: 'sessions', credentials })
 * const { deleted, failed } = await kv.deleteMany(keys)
 */
export class EsaKvClient extends KeyValueClient {
  constructor(options: EsaKvOptions) {
    check.object(options, 'options')
    check.text(options.namespace, 'namespace')
    super(
      edgeKvProvider({
        name: 'alibaba-esa',
        endpoint: endpointOf(options, 'https://esa.cn-hangzhou.aliyuncs.com'),
        namespace: options.namespace,
        authorize: signed(acs3Signer()),
        version: '2024-09-10',
        actions: { deleteBatch: 'BatchDeleteKv', putBatch: 'BatchPutKv', put: 'PutKv' },
      }),
      options,
    )
  }
}
