import type { Authorize } from '../engine/store.js'
import type { Signer } from './signer.js'

/** Shows who sends a request by signing it. A token is no signature: such credentials were refused before. */
export const signed =
  (sign: Signer): Authorize =>
  (request, { credentials, ...context }) => {
    if ('iamToken' in credentials) throw new TypeError('an IAM token cannot sign')
    return sign(request, { credentials, ...context })
  }

/** The same, but an IAM token is sent as it is (Yandex Cloud, "Authentication in the API"). */
export const signedOrBearer = (sign: Signer): Authorize => {
  const authorize = signed(sign)
  return async (request, context) =>
    'iamToken' in context.credentials
      ? { ...request, headers: { ...request.headers, authorization: `Bearer ${context.credentials.iamToken}` } }
      : authorize(request, context)
}
