import type { HttpRequest } from './http.js'
import type { Endpoint } from './options.js'

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
