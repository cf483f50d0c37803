import type { Task } from '../client/contender.js'
import { md5Base64, nodeDigests } from './node-digests.js'
import { deleteUrl, sigv4 } from './sigv4.js'
import { deleteXml } from './xml.js'

export interface Recorded {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: Buffer
}

/** Every request of the job, ready to be sent. */
export async function recorded({ endpoint, items, batch, quiet }: Task): Promise<Recorded[]> {
  const keys = items as readonly string[]
  const url = deleteUrl(endpoint)
  const sign = sigv4(endpoint, nodeDigests)
  const requests: Recorded[] = []
  for (let from = 0; from < keys.length; from += batch) {
    const body = Buffer.from(deleteXml(keys.slice(from, from + batch), quiet))
    requests.push({ url, headers: await sign(body, md5Base64(body)), body })
  }
  return requests
}
