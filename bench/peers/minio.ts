import { Client } from 'minio'
import { batchwise, CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'

export const run = batchwise(({ endpoint }) => {
  const { hostname, port } = new URL(endpoint)
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    region: REGION,
    accessKey: CREDENTIALS.accessKeyId,
    secretKey: CREDENTIALS.secretAccessKey,
  })
  return async (keys) => keys.length - (await client.removeObjects(CONTAINER, [...keys])).length
})
