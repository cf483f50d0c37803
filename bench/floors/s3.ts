// Floor (b): what a careful programmer writes for S3 with undici. No retries, no limits, no report.
import { batchwise } from '../client/contender.js'
import { md5Base64, nodeDigests } from './node-digests.js'
import { deleteUrl, sigv4 } from './sigv4.js'
import { poster } from './undici.js'
import { deletedIn, deleteXml } from './xml.js'

export const run = batchwise((task) => {
  const { endpoint, quiet } = task
  const url = deleteUrl(endpoint)
  const sign = sigv4(endpoint, nodeDigests)
  const post = poster(task)
  return async (keys) => {
    const body = Buffer.from(deleteXml(keys, quiet))
    const answer = await post(url, await sign(body, md5Base64(body)), body)
    return deletedIn(answer, keys.length, quiet)
  }
})
