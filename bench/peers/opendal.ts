import { Operator } from 'opendal'
import { batchwise, CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'

export const run = batchwise(({ endpoint }) => {
  const operator = new Operator('s3', {
    endpoint,
    region: REGION,
    bucket: CONTAINER,
    access_key_id: CREDENTIALS.accessKeyId,
    secret_access_key: CREDENTIALS.secretAccessKey,
    disable_config_load: 'true',
    disable_ec2_metadata: 'true',
  })
  return async (keys) => {
    // Resolves to nothing, or throws.
    await operator.remove([...keys])
    return keys.length
  }
})
