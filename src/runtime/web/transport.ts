import { fetchTransport } from '../../fetch-transport.js'
import type { TransportFactory } from '../transport.js'
import { isPage } from './page.js'

/** Whatever fetch there is when a request is sent, so that it can be replaced in tests. */
export const createTransport: TransportFactory['createTransport'] = (dispatcher, refusesPages) => {
  if (dispatcher !== undefined) throw new TypeError('dispatcher works in Node only; use fetch here')
  return fetchTransport((request) =>
    globalThis.fetch(request).catch((cause) => {
      // Browsers tell a page nothing of why.
      throw isPage() ? new TypeError(refusesPages ? REFUSED : UNREACHED, { cause }) : cause
    }),
  )
}

const REFUSED =
  "pages cannot call this provider (CORS); set endpoint to a proxy of your own, and signingHost to the provider's host"
const UNREACHED = "no network, or the server does not allow this page's origin (CORS)"
