// aws4fetch signs and sends; what a body and an answer look like is up to its user.
import { AwsClient } from 'aws4fetch'
import { batchwise, CREDENTIALS, REGION } from '../client/contender.js'
import { md5Base64 } from '../floors/node-digests.js'
import { deleteUrl } from '../floors/sigv4.js'
import { deletedIn, deleteXml } from '../floors/xml.js'

export const run = batchwise(({ endpoint, quiet }) => {
  const client = new AwsClient({ ...CREDENTIALS, service: 's3', region: REGION })
  const url = deleteUrl(endpoint)
  return async (keys) => {
    const body = Buffer.from(deleteXml(keys, quiet))
    const headers = { 'content-md5': md5Base64(body), 'content-type': 'application/xml' }
    const answer = await client.fetch(url, { method: 'POST', headers, body })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
    return deletedIn(text, keys.length, quiet)
  }
})
