import type { Transport } from '../http.js'

/** What `#runtime/transport` offers on either half. */
export interface TransportFactory {
  /** @param dispatcher Node only: an undici Dispatcher to use instead of a pool of our own. */
  createTransport(dispatcher: object | undefined): Transport
}
