import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3'
import { batchwise, CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'

export const run = batchwise(({ endpoint, quiet }) => {
  const client = new S3Client({ endpoint, region: REGION, credentials: CREDENTIALS, forcePathStyle: true })
  return async (keys) => {
    const Objects = keys.map((Key) => ({ Key }))
    const answer = await client.send(new DeleteObjectsCommand({ Bucket: CONTAINER, Delete: { Objects, Quiet: quiet } }))
    return quiet ? keys.length - (answer.Errors?.length ?? 0) : (answer.Deleted?.length ?? 0)
  }
})
