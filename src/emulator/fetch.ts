import type { Bytes } from '../http.js'
import { isPlain, pieces } from './body.js'
import type { Cloud } from './emulator.js'
import type { Outgoing } from './exchange.js'
import { storeOf } from './hosts.js'

const BODILESS = new Set([204, 205, 304])

/** `fetch` with the providers' own hosts behind it and nothing else. */
export const fetchFrom =
  ({ stores }: Cloud): typeof fetch =>
  async (input, init) => {
    // What comes as bytes need not become a stream and bytes again.
    const bytes = init?.body instanceof Uint8Array ? (init.body as Bytes) : undefined
    const request = new Request(input, bytes ? { ...init, body: null } : init)
    const url = new URL(request.url)
    const store = storeOf(url.host)
    if (!store) throw new TypeError('fetch failed', { cause: new Error(`the emulator has no host ${url.host}`) })
    const body = bytes ?? new Uint8Array(await request.arrayBuffer())
    request.signal.throwIfAborted()
    const headers = { ...Object.fromEntries(request.headers), host: url.host }
    const incoming = { method: request.method, path: url.pathname, query: url.search.slice(1), headers, body }
    const outgoing = await stores[store].handle(incoming, request.signal)
    if (!outgoing) throw new TypeError('fetch failed', { cause: new Error('the connection was reset') })
    const { status } = outgoing
    return new Response(BODILESS.has(status) ? null : bodyOf(outgoing, request.signal), {
      status,
      headers: outgoing.headers,
    })
  }

const bodyOf = (outgoing: Outgoing, signal: AbortSignal): BodyInit =>
  isPlain(outgoing) ? outgoing.body : stream(outgoing, signal)

function stream(outgoing: Outgoing, signal: AbortSignal): ReadableStream<Uint8Array> {
  const gone = new AbortController()
  // By hand, for the edge runtime has no AbortSignal.any.
  const leave = () => gone.abort(signal.reason)
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  const source = pieces(outgoing, gone.signal)
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source.next()
        if (!done) controller.enqueue(value)
        else if (outgoing.breaksAfter === undefined) controller.close()
        else controller.error(new TypeError('terminated', { cause: new Error('the connection broke') }))
      },
      cancel: (reason) => gone.abort(reason),
    },
    { highWaterMark: 0 },
  )
}
