import { hasSession } from '../secrets/callers.js'
import { signEsa } from '../secrets/sign-esa.js'
import { signingEndpoint } from '../secrets/signing-endpoint.js'

interface Environment {
  readonly NAMESPACE: string
  readonly SECRET_ACCESS_KEY: string
  /** Stands for your sessions. */
  readonly SESSION: string
}

/** Signs deletions from one namespace for pages that hold no secret. */
export default {
  fetch: (request: Request, { NAMESPACE, SECRET_ACCESS_KEY, SESSION }: Environment): Promise<Response> =>
    signingEndpoint({
      sign: signEsa({ secretAccessKey: SECRET_ACCESS_KEY, namespace: NAMESPACE }),
      mayDelete: (caller) => hasSession(caller, SESSION),
    })(request),
}
