import { S3StorageClient } from 'keysweep/s3'
import { keysFrom } from './keys.js'
import { type Handover, sweepSome } from './sweep-some.js'

/** What `config.capnp`, or your platform, binds to the worker. Its secret is bound as one, and stands in no code. */
interface Environment {
  readonly BUCKET: string
  readonly REGION: string
  readonly ACCESS_KEY_ID: string
  readonly SECRET_ACCESS_KEY: string
}

/** Of the 50 requests that an invocation may send, a few stay for other things. */
const MOST_REQUESTS = 45

export default {
  /** Takes what the invocation before handed on, and answers with what the next one is to be handed. */
  async fetch(request: Request, { BUCKET, REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY }: Environment): Promise<Response> {
    const store = new S3StorageClient({
      bucket: BUCKET,
      region: REGION,
      credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
    })
    const handover = (await request.json()) as Handover
    return Response.json(await sweepSome(store, keysFrom, handover, MOST_REQUESTS))
  },
}
