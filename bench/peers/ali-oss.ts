import OSS from 'ali-oss'
import { batchwise, CONTAINER, CREDENTIALS } from '../client/contender.js'

export const run = batchwise(({ endpoint, quiet }) => {
  const client = new OSS({
    endpoint,
    bucket: CONTAINER,
    accessKeyId: CREDENTIALS.accessKeyId,
    accessKeySecret: CREDENTIALS.secretAccessKey,
  })
  return async (keys) => {
    const { deleted } = await client.deleteMulti([...keys], { quiet })
    // Its quiet answer names nobody, and it throws where it is no 200.
    return quiet ? keys.length : (deleted?.length ?? 0)
  }
})
