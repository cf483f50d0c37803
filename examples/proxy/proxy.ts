import { readBody } from '../read-body.js'

export interface ProxyOptions {
  /** Where the page sends its requests on this site: `/proxy/esa`. */
  readonly path: string
  /** The provider's API: `https://esa.cn-hangzhou.aliyuncs.com`. */
  readonly upstream: string
  /** What may be called there: `/v4/oss/delete-objects`; for Alibaba Cloud `/`, where every call goes. */
  readonly calls: readonly string[]
  /** For Alibaba Cloud, what the calls may do: `BatchDeleteKv`. Elsewhere a call does what its path says. */
  readonly actions?: readonly string[]
  /** Whether whoever sends this request may use the proxy: your session cookie, your token. */
  readonly mayUse: (request: Request) => boolean | Promise<boolean>
  readonly fetch?: (request: Request) => Promise<Response>
}

/** As much as any of these providers takes. */
const MOST_BYTES = 2_000_000

/** What belongs to the provider, either way. Cookies of this site do not. */
const PASSED = /^(accept|authorization|content-type|date|retry-after|x-(acs|ratelimit)-.+|eop-.+|ctyun-eop-.+)$/

/**
 * Lets the pages of this site call a provider that allows no page to call it. It holds no secret: requests come signed for the
 * provider's host, and it changes nothing that a signature covers.
 */
export function proxy({ path, upstream, calls, actions = [], mayUse, fetch = globalThis.fetch }: ProxyOptions) {
  return async (request: Request): Promise<Response> => {
    const { pathname, search, searchParams } = new URL(request.url)
    const call = pathname.startsWith(`${path}/`) ? pathname.slice(path.length) : ''
    const isAllowed = calls.includes(call) && isActionIn(actions, request.headers, searchParams)
    if (request.method !== 'POST' || !isAllowed) return new Response('not found', { status: 404 })
    if (!isOfThisSite(request) || !(await mayUse(request))) return new Response('you may not use this', { status: 403 })
    const body = await readBody(request, MOST_BYTES)
    if (!body) return new Response('that is too long', { status: 413 })
    const answer = await fetch(
      new Request(upstream + call + search, {
        method: 'POST',
        headers: passed(request.headers),
        body,
        redirect: 'manual',
        signal: request.signal,
      }),
    )
    return new Response(answer.body, { status: answer.status, headers: passed(answer.headers) })
  }
}

/** The header alone says what is done; older signatures had it in the query. */
function isActionIn(actions: readonly string[], headers: Headers, query: URLSearchParams): boolean {
  const action = headers.get('x-acs-action')
  const isNamedElsewhere = [...query.keys()].some((name) => name.toLowerCase() === 'action')
  return !isNamedElsewhere && (action === null ? actions.length === 0 : actions.includes(action))
}

/** Whether no page of another site sends this, with the cookies of whoever looks at it. Programs say nothing of a site. */
function isOfThisSite({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site) return site === 'same-origin'
  const origin = headers.get('origin')
  // Not the scheme: that is http: behind whatever ends TLS for this server.
  return !origin || origin.split('://')[1] === new URL(url).host
}

const passed = (headers: Headers): Headers => new Headers([...headers].filter(([name]) => PASSED.test(name)))
