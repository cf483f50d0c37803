import { S3mini } from 's3mini'
import { batchwise, CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'

export const run = batchwise(({ endpoint }) => {
  const client = new S3mini({ ...CREDENTIALS, endpoint: `${endpoint}/${CONTAINER}`, region: REGION })
  return async (keys) => (await client.deleteObjects([...keys])).filter(Boolean).length
})
