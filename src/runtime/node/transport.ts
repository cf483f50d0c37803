import type { Socket } from 'node:net'
import type { buildConnector, Dispatcher } from 'undici'
import { AnswerBody, answerOf } from '../../answer-body.js'
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from '../../http.js'
import type { Stop } from '../../stop.js'
import type { TransportFactory } from '../transport.js'

/** Sends over undici's keep-alive pool, called directly: fetch costs Node about one more millisecond of CPU a request. */
export const createTransport: TransportFactory['createTransport'] = (given) => {
  let opened: Dispatcher | Promise<Dispatcher> | undefined = given as Dispatcher | undefined
  const connections = new Connections()
  return async (request, stop, maxAnswerBytes) => {
    // The promise is kept, or each of the first requests would open a pool of its own.
    opened ??= openPool(request.base, connections)
    const dispatcher = await opened
    const leave = connections.want(stop)
    try {
      return await send(dispatcher, request, stop, maxAnswerBytes)
    } finally {
      leave()
    }
  }
}

/**
 * A pool for the one origin that all requests of a client go to. Loaded when the first request needs it, and without the
 * rest of undici, which takes longer to load than all of keysweep.
 */
async function openPool(base: string, connections: Connections): Promise<Dispatcher> {
  const { default: Pool } = await import('undici/lib/dispatcher/pool.js')
  const { default: buildConnector } = await import('undici/lib/core/connect.js')
  const connect = connections.guard(buildConnector({}))
  // The attempt has a time limit of its own.
  return new Pool(new URL(base).origin, { headersTimeout: 0, bodyTimeout: 0, connect })
}

/** Sees to it that nothing is connected to once every request was given up: undici does so for those it was to send next. */
class Connections {
  /** Requests that wait for an answer. */
  #wanted = 0
  readonly #opening = new Set<Socket>()

  /** Counts a request until it is stopped, or the function that this gives is called. */
  want(stop: Stop): () => void {
    this.#wanted++
    let isWanted = true
    const leave = () => {
      if (!isWanted) return
      isWanted = false
      if (--this.#wanted === 0) for (const socket of this.#opening) socket.destroy(GIVEN_UP)
    }
    stop.onStop(leave)
    return leave
  }

  guard(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      if (this.#wanted === 0) {
        callback(GIVEN_UP, null)
        return
      }
      // undici's types leave out that it gives the socket.
      const socket = connect(options, (...outcome) => {
        this.#opening.delete(socket)
        callback(...outcome)
      }) as unknown as Socket
      this.#opening.add(socket)
    }
  }
}

const GIVEN_UP = new Error('every request was given up')

function send(dispatcher: Dispatcher, request: HttpRequest, stop: Stop, maxAnswerBytes: number): ReturnType<Transport> {
  const { base } = request
  // The first slash after those of the scheme begins the path of a proxy.
  const end = base.indexOf('/', base.indexOf('//') + 2)
  const origin = end < 0 ? base : base.slice(0, end)
  const path = base.slice(origin.length) + request.path + (request.query && `?${request.query}`)
  return new Promise<HttpAnswer>((resolve, reject) => {
    const answerBody = new AnswerBody(maxAnswerBytes)
    let status = 0
    let headers: Headers = {}
    let started: Dispatcher.DispatchController | undefined
    stop.mayHaveLeft = false
    const abort = () => started?.abort(new Error('aborted'))
    stop.onStop(abort)
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        started = controller
        stop.mayHaveLeft = true
        if (stop.reason !== undefined) abort()
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        status = statusCode
        headers = responseHeaders
      },
      onResponseData(controller, chunk) {
        try {
          answerBody.add(chunk)
        } catch (error) {
          controller.abort(error as Error)
        }
      },
      onResponseEnd() {
        try {
          resolve(answerOf(status, (name) => single(headers[name]), answerBody.bytes))
        } catch (error) {
          reject(error)
        }
      },
      onResponseError(_controller, error) {
        if (error instanceof TransportError) reject(error)
        else
          reject(
            new TransportError('network', `The request got no answer: ${error.message}`, started !== undefined, {
              cause: error,
            }),
          )
      },
    }
    const { method, headers: sent, body = null } = request
    try {
      // Followed by a dispatcher of the user's, a redirect would take the signature to another host.
      const options = { origin, path, method, headers: sent, body, maxRedirections: 0 }
      dispatcher.dispatch(options, handler)
    } catch (cause) {
      // As one of an older undici does: it expects a handler of another form.
      reject(
        new TransportError(
          'network',
          `The dispatcher took no request: ${String(cause)}; it must be of undici 7 or later`,
          false,
          { cause },
        ),
      )
    }
  })
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value
