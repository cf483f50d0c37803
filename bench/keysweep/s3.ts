import { S3StorageClient, type S3StorageOptions } from 'keysweep/s3'
import { CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'
import { sweeping } from './sweeping.js'

export const run = sweeping(({ endpoint, settings }) => {
  const { integrity = 'sha256', fetch } = settings as { integrity?: S3StorageOptions['integrity']; fetch?: true }
  const transport = fetch && { fetch: globalThis.fetch }
  return new S3StorageClient({
    bucket: CONTAINER,
    region: REGION,
    credentials: CREDENTIALS,
    endpoint,
    integrity,
    ...transport,
  })
})
