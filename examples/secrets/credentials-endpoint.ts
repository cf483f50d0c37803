import type { KeyPair } from 'keysweep'

export interface CredentialsOptions {
  /**
   * Makes credentials that expire: AWS STS `AssumeRole`, Alibaba Cloud STS `AssumeRole`, …, with a policy that allows deletion
   * under one prefix and nothing else.
   */
  readonly assumeRole: (request: Request) => Promise<Required<KeyPair>>
  /** Whether whoever sends this request may delete: your session cookie, your token. */
  readonly mayDelete: (request: Request) => boolean | Promise<boolean>
}

/** Answers `POST` with temporary credentials, in any runtime that speaks `Request` and `Response`. */
export function credentialsEndpoint(options: CredentialsOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'POST') return new Response('only POST', { status: 405 })
    if (!(await options.mayDelete(request))) return new Response('you may not delete here', { status: 403 })
    return Response.json(await options.assumeRole(request), { headers: { 'cache-control': 'no-store' } })
  }
}
