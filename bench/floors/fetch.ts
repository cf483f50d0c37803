import { batchwise, type Contender } from '../client/contender.js'
import { type Digests, deleteUrl, sigv4 } from './sigv4.js'
import { deletedIn, deleteXml } from './xml.js'

const encoder = new TextEncoder()

/** The same by hand over the runtime's own fetch. */
export const fetching = (digests: Digests): Contender =>
  batchwise(({ endpoint, quiet }) => {
    const url = deleteUrl(endpoint)
    const sign = sigv4(endpoint, digests)
    return async (keys) => {
      const body = encoder.encode(deleteXml(keys, quiet))
      const answer = await fetch(url, { method: 'POST', headers: await sign(body), body })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
      return deletedIn(text, keys.length, quiet)
    }
  })
