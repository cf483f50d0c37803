import { S3StorageClient, type S3StorageOptions } from 'keysweep/s3'
import { CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'
import { sweeping } from './sweeping.js'

export const run = sweeping(({ endpoint, settings }) => {
  const options = settings.client as Partial<S3StorageOptions> | undefined
  return new S3StorageClient({ bucket: CONTAINER, region: REGION, credentials: CREDENTIALS, endpoint, ...options })
})
