export interface ProxyOptions {
  /** Where the page sends its requests on this site: `/proxy/esa`. */
  readonly path: string
  /** The provider's API: `https://esa.cn-hangzhou.aliyuncs.com`. */
  readonly upstream: string
  /** What may be called there: `/`, or `/v4/oss/delete-objects`. */
  readonly calls: readonly string[]
  readonly fetch?: (request: Request) => Promise<Response>
}

/** What belongs to the provider, either way. Cookies of this site do not. */
const PASSED = /^(authorization|content-type|date|retry-after|x-(acs|ratelimit)-.+|eop-.+|ctyun-eop-.+)$/

/**
 * Lets the pages of this site call a provider that allows no page to call it. It holds no secret: requests come signed for the
 * provider's host, and it changes nothing that a signature covers.
 */
export function proxy({ path, upstream, calls, fetch = globalThis.fetch }: ProxyOptions) {
  return async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const call = pathname.startsWith(`${path}/`) ? pathname.slice(path.length) : ''
    if (request.method !== 'POST' || !calls.includes(call)) return new Response('not found', { status: 404 })
    const answer = await fetch(
      new Request(upstream + call + search, {
        method: 'POST',
        headers: passed(request.headers),
        body: await request.arrayBuffer(),
        redirect: 'manual',
        signal: request.signal,
      }),
    )
    return new Response(answer.body, { status: answer.status, headers: passed(answer.headers) })
  }
}

const passed = (headers: Headers): Headers => new Headers([...headers].filter(([name]) => PASSED.test(name)))
