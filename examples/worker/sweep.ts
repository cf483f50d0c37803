import { S3StorageClient } from 'keysweep/s3'
import { readBody } from '../read-body.js'
import { hasToken } from '../secrets/callers.js'
import { handoverIn } from './handover.js'
import { KEYS, keyAt } from './keys.js'
import { sweepSome } from './sweep-some.js'

/** What `config.capnp`, or your platform, binds to the worker. Its secrets are bound as such, and stand in no code. */
interface Environment {
  readonly BUCKET: string
  readonly REGION: string
  readonly ACCESS_KEY_ID: string
  readonly SECRET_ACCESS_KEY: string
  /** Whoever has it may have the keys deleted. */
  readonly TOKEN: string
}

/** Of the 50 requests that an invocation may send, a few stay for other things. */
const MOST_REQUESTS = 45
/** More than any handover is. */
const MOST_BYTES = 1_000_000

export default {
  /** Takes what the invocation before handed on, and answers with what the next one is to be handed. */
  async fetch(request: Request, environment: Environment): Promise<Response> {
    if (request.method !== 'POST') return new Response('only POST', { status: 405 })
    const { BUCKET, REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, TOKEN } = environment
    if (!(await hasToken(request, TOKEN))) return new Response('you may not delete here', { status: 403 })
    const body = await readBody(request, MOST_BYTES)
    const handover = body && handoverIn(await body.text(), KEYS)
    if (!handover) return new Response('no invocation handed that on', { status: 400 })
    const store = new S3StorageClient({
      bucket: BUCKET,
      region: REGION,
      credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
    })
    return Response.json(await sweepSome(store, { count: KEYS, at: keyAt }, handover, MOST_REQUESTS))
  },
}
