import type { Transport } from '../http.js'

/** What `#runtime` offers on either half. */
export interface TransportFactory {
  /**
   * @param dispatcher Node only: an undici Dispatcher to use instead of a pool of our own.
   * @param refusesPages Whether the server allows no page to call it; for the words of an error.
   */
  createTransport(dispatcher: object | undefined, refusesPages: boolean | undefined): Transport
}
