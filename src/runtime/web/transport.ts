import { fetchTransport } from '../../fetch-transport.js'
import type { TransportFactory } from '../transport.js'

/** Whatever fetch there is when a request is sent, so that it can be replaced in tests. */
export const createTransport: TransportFactory['createTransport'] = () =>
  fetchTransport((request) => globalThis.fetch(request))
