import { AnswerBody, answerOf } from './answer-body.js'
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from './http.js'

/** Sends one request, signed and ready, as the global `fetch` does; it must not follow redirects. */
export type Fetch = (request: Request) => Promise<Response>

/** A transport over fetch, for every runtime that has one and for fetch functions of the user's own. */
export function fetchTransport(fetch: Fetch): Transport {
  // Node's own makes another Request of the one it is given, which costs about as much as to sign.
  const { fetch: own } = globalThis
  return async (request, stop, maxAnswerBytes) => {
    const url = sendableUrl(request)
    const { method, headers, body } = request
    const controller = new AbortController()
    const { signal } = controller
    try {
      const init: RequestInit = { method, headers, signal, redirect: 'manual', ...(body && { body }) }
      let held = fetch === own ? undefined : new Request(url, init)
      stop.onStop((reason) => {
        controller.abort(reason)
        // Held until now, in a way that no minifier undoes: Node aborts nothing once the Request is garbage.
        held = undefined
      })
      const response = await (held ? fetch(held) : own(url, init))
      if (typeof response?.headers?.get !== 'function' || response.type === 'error')
        throw new TypeError('fetch gave no Response')
      if (response.bodyUsed) throw new TypeError('fetch gave a Response whose body was read before')
      return await readAnswer(response, maxAnswerBytes)
    } catch (error) {
      if (error instanceof TransportError || signal.aborted) throw error
      throw new TransportError('network', `The request got no answer: ${explain(error)}`, true, { cause: error })
    }
  }
}

/** The URL, where fetch sends it as it was signed: it folds dot segments, and would delete another key. */
function sendableUrl(request: HttpRequest): string {
  const target = request.path + (request.query && `?${request.query}`)
  const url = new URL(request.base + target)
  if (!`${url.pathname}${url.search}`.endsWith(target))
    throw new TransportError(
      'unsendable',
      'fetch cannot send a path with "." or ".." segments unchanged; delete this key from Node, or with a client of its own',
      false,
    )
  return url.href
}

async function readAnswer(response: Response, maxAnswerBytes: number): Promise<HttpAnswer> {
  const { status, headers } = response
  const body = new AnswerBody(maxAnswerBytes)
  const reader = response.body?.getReader()
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) body.add(part.value)
  } catch (error) {
    // Not awaited: a stream of the user's may never come back.
    void reader?.cancel().catch(() => {})
    throw error
  }
  return answerOf(status, (name) => headers.get(name) ?? undefined, body.bytes)
}

/** What a failed fetch says of itself; Node hides the reason in `cause`. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
