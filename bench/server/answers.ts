import type { Workload } from '../job.js'
import { DISTINCT_KEYS, itemAt } from '../keys.js'
import { DIALECTS } from './protocols.js'

export interface Prebuilt {
  readonly count: number
  readonly answer: Buffer
}

export const respondWith = (status: string, contentType: string, body: string, headers = ''): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: ${contentType}\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n${headers}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

/** The answer to every batch of a job, by the first key of the batch. */
export function prebuild({ protocol, quiet, shape, count, batch }: Workload): ReadonlyMap<string, Prebuilt> {
  const dialect = DIALECTS[protocol]
  const answers = new Map<string, Prebuilt>()
  const keys = Math.min(count, DISTINCT_KEYS)
  for (let from = 0; from < keys; from += batch) {
    const items = Array.from({ length: Math.min(batch, keys - from) }, (_, index) => itemAt(shape, from + index))
    const [first] = items
    const answer = respondWith('200 OK', dialect.contentType, dialect.answer(items, [], quiet))
    answers.set(typeof first === 'object' ? first.key : (first as string), { count: items.length, answer })
  }
  return answers
}
