import { fetchTransport } from '../../fetch-transport.js'
import type { TransportFactory } from '../transport.js'

/** Whatever fetch there is when a request is sent, so that it can be replaced in tests. */
export const createTransport: TransportFactory['createTransport'] = (dispatcher) => {
  if (dispatcher !== undefined) throw new TypeError('dispatcher works in Node only; use fetch here')
  return fetchTransport((request) => globalThis.fetch(request))
}
