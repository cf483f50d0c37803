import type { SigningRequest } from '../../src/index.js'
import * as acs3 from '../../src/signers/acs3.js'
import * as eop from '../../src/signers/eop.js'
import * as sigv4 from '../../src/signers/sigv4.js'
import { KEY_PAIR } from './subjects.js'

/** What the owner of the secret makes of a request. */
export async function signatureFor({ scheme, stringToSign, scope, date }: SigningRequest): Promise<string> {
  const { accessKeyId, secretAccessKey } = KEY_PAIR
  if (scheme === 'acs3') return acs3.signature(secretAccessKey, stringToSign)
  if (scheme === 'eop') {
    const { kDate } = await eop.keyChain(secretAccessKey, accessKeyId, eop.eopDate(date))
    return eop.signature(kDate, stringToSign)
  }
  if (!scope) throw new Error('the scope is missing')
  return sigv4.signature(await sigv4.signingKey(secretAccessKey, scope), stringToSign)
}
