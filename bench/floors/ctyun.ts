// What a careful programmer writes for CTyun's delete-objects with undici.
import { randomUUID } from 'node:crypto'
import { batchwise, CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'
import { hmac, sha256Hex } from './node-digests.js'
import { poster } from './undici.js'

const EIGHT_HOURS_MS = 8 * 60 * 60 * 1000

/** EOP by hand. */
function eop(body: Uint8Array): Record<string, string> {
  const { accessKeyId, secretAccessKey } = CREDENTIALS
  const date = new Date(Date.now() + EIGHT_HOURS_MS).toISOString().replace(/[-:]|\.\d+/g, '')
  const id = randomUUID()
  const key = hmac(hmac(hmac(secretAccessKey, date), accessKeyId), date.slice(0, 8))
  const signature = hmac(key, `ctyun-eop-request-id:${id}\neop-date:${date}\n\n\n${sha256Hex(body)}`).toString('base64')
  return {
    'content-type': 'application/json',
    'ctyun-eop-request-id': id,
    'eop-date': date,
    'eop-authorization': `${accessKeyId} Headers=ctyun-eop-request-id;eop-date Signature=${signature}`,
  }
}

interface Answer {
  readonly statusCode: number
  readonly returnObj: { readonly deleted: readonly unknown[]; readonly errors: readonly unknown[] }
}

export const run = batchwise((task) => {
  const url = `${task.endpoint}/v4/oss/delete-objects`
  const quiet = task.quiet ? { quiet: true } : {}
  const post = poster(task)
  return async (keys) => {
    const objects = keys.map((key) => ({ key }))
    const body = Buffer.from(JSON.stringify({ bucket: CONTAINER, regionID: REGION, delete: { objects, ...quiet } }))
    const { statusCode, returnObj } = JSON.parse(await post(url, eop(body), body)) as Answer
    if (statusCode !== 800) throw new Error(`statusCode ${statusCode}`)
    return task.quiet ? keys.length - returnObj.errors.length : returnObj.deleted.length
  }
})
