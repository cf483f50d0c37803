import type { Progress } from './sweep-some.js'

/** What an emulated store was asked, and what it still holds. */
export interface Cloud {
  readonly requests: number
  readonly mostAtOnce: number
  readonly left: number
}

export async function post<Answer>(url: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Answer
}

const MOST_INVOCATIONS = 100

/** Invokes the worker until nothing is left, handing on what each invocation leaves. A queue or an alarm would do the same. */
export async function* invocations(sweep: string, token: string): AsyncGenerator<Progress> {
  let next: Progress['next'] = { from: 0, again: [] }
  for (let count = 0; next && count < MOST_INVOCATIONS; count++) {
    const progress: Progress = await post(sweep, next, { authorization: `Bearer ${token}` })
    yield progress
    next = progress.next
  }
  if (next) throw new Error(`something is left after ${MOST_INVOCATIONS} invocations: the store fails all along`)
}
