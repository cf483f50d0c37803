import { pageUrl } from '#runtime'
import * as check from './check.js'
import type { Credentials } from './credentials.js'
import type { HttpRequest } from './http.js'
import type { ClientOptions } from './options.js'

/** Where requests go, and the host and path they are signed for. */
export interface Endpoint {
  readonly protocol: string
  /** With the port, unless it is the scheme's own. */
  readonly host: string
  /** Without a trailing slash; empty where there is none. */
  readonly path: string
  readonly signingHost: string | undefined
}

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i

/** Checks the endpoint: https, or http where that is asked for or stays on this machine. */
export function endpointOf(options: ClientOptions<Credentials>, standard: string): Endpoint {
  const { endpoint = standard, signingHost, allowHttp } = options
  if (typeof endpoint !== 'string' && !(endpoint instanceof URL))
    throw check.mistyped('endpoint', 'a string or URL', endpoint)
  if (signingHost !== undefined && !HOST.test(check.text(signingHost, 'signingHost')))
    throw new RangeError('signingHost must be a host, with a port where it is not the usual one')
  const base = String(endpoint).startsWith('/') ? pageUrl() : undefined
  const url = URL.canParse(String(endpoint), base) ? new URL(endpoint, base) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new TypeError('endpoint must be an absolute https: URL')
  if (url.username || url.password || url.search || url.hash)
    throw new TypeError('endpoint must hold no credentials, query or fragment')
  if (url.protocol === 'http:' && !allowHttp && !LOOPBACK.test(url.hostname))
    throw new TypeError('endpoint must be https:; set allowHttp to send credentials and keys in the clear')
  return { protocol: url.protocol, host: url.host, path: url.pathname.replace(/\/+$/, ''), signingHost }
}

/** Where requests of one client go: the part of a request that never changes. */
export interface Target extends Pick<HttpRequest, 'base' | 'host'> {
  /** Goes before every signed path. */
  readonly pathPrefix: string
}

/** The target of an endpoint. Behind a proxy the endpoint's path is the proxy's own: sent, but not signed. */
export function targetOf({ protocol, host, path, signingHost }: Endpoint, subdomain = ''): Target {
  if (signingHost !== undefined) return { base: `${protocol}//${host}${path}`, host: signingHost, pathPrefix: '' }
  return { base: `${protocol}//${subdomain}${host}`, host: subdomain + host, pathPrefix: path }
}
