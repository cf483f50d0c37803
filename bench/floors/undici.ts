import { Agent, request } from 'undici'
import type { Task } from '../client/contender.js'

/** Posts over undici's keep-alive connections, and resolves to the text of a 200. */
export function poster({ concurrency }: Task) {
  const dispatcher = new Agent({ connections: concurrency })
  return async (url: string, headers: Record<string, string>, body: Uint8Array): Promise<string> => {
    const answer = await request(url, { dispatcher, method: 'POST', headers, body })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${text}`)
    return text
  }
}
