import * as check from '../check.js'
import { KeyValueClient } from '../client.js'
import type { KeyPair, RemoteKey } from '../credentials.js'
import { endpointOf } from '../endpoint.js'
import { edgeKvProvider } from '../families/edge-kv.js'
import type { ClientOptions } from '../options.js'
import { acs3Signer } from '../signers/acs3.js'
import { signed } from '../signers/authorize.js'

export interface DcdnKvOptions extends ClientOptions<KeyPair | RemoteKey> {
  /** The name of the key-value namespace. */
  readonly namespace: string
  /** Default `https://dcdn.aliyuncs.com`. */
  readonly endpoint?: string | URL | undefined
}

/**
 * Deletes from and writes to EdgeKV of Alibaba Cloud DCDN, with `BatchDeleteDcdnKv` and `BatchPutDcdnKv` (API version 2018-01-15):
 * up to 10,000 keys and 2,000,000 encoded bytes a request. A value too long for a batch goes by `PutDcdnKv`.
 *
 * The store gives no reason for a key it lists as failed; such keys are tried again and then reported as `Unspecified`.
 *
 * @example
 * const kv = new DcdnKvClient({ namespace: 'sessions', credentials })
 * const { deleted, failed } = await kv.deleteMany(keys)
 */
export class DcdnKvClient extends KeyValueClient {
  constructor(options: DcdnKvOptions) {
    check.object(options, 'options')
    check.text(options.namespace, 'namespace')
    super(
      edgeKvProvider({
        name: 'alibaba-dcdn',
        endpoint: endpointOf(options, 'https://dcdn.aliyuncs.com'),
        namespace: options.namespace,
        authorize: signed(acs3Signer()),
        version: '2018-01-15',
        actions: { deleteBatch: 'BatchDeleteDcdnKv', putBatch: 'BatchPutDcdnKv', put: 'PutDcdnKv' },
      }),
      options,
    )
  }
}
