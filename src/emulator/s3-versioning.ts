import type { Container, Versioning } from './container.js'
import type { Call, Incoming } from './exchange.js'
import { NAMESPACE, notImplemented, refusal, xmlAnswer, xmlElements } from './s3-answers.js'
import { unchunked } from './s3-chunks.js'
import { childrenOf, readDocument, refuse, textOf } from './s3-document.js'
import { checkIntegrity } from './s3-integrity.js'
import { allowOnly, type Query } from './s3-query.js'

/** `GetBucketVersioning`, which has nothing to say of a bucket that never kept versions. */
export function getVersioning(query: Query, container: Container): Call {
  allowOnly(query, 'versioning')
  return {
    items: 1,
    run() {
      const status = xmlElements({ Status: container.versioning === 'off' ? undefined : container.versioning })
      return xmlAnswer(200, `<VersioningConfiguration xmlns="${NAMESPACE}">${status}</VersioningConfiguration>`)
    },
  }
}

/** `PutBucketVersioning`. That it needs no proof of its body, as `DeleteObjects` does, is assumed. */
export async function putVersioning(request: Incoming, query: Query, container: Container): Promise<Call> {
  allowOnly(query, 'versioning')
  const whole = unchunked(request)
  await checkIntegrity(whole)
  const status = statusOf(whole.body)
  return {
    items: 1,
    run() {
      if (container.isLockable && status === 'Suspended') throw refusal('InvalidBucketState')
      container.versioning = status
      return { status: 200, headers: {}, body: '' }
    },
  }
}

/** What the body asks for. Once versions are kept there is no way back to `off`. */
function statusOf(body: Uint8Array): Versioning {
  if (body.length === 0) throw refusal('MissingRequestBodyError')
  const members = readMembers(body)
  const [status, mfaDelete = 'Disabled'] = [members.get('Status'), members.get('MfaDelete')]
  if (mfaDelete === 'Enabled') throw notImplemented('MfaDelete')
  if ((status === 'Enabled' || status === 'Suspended') && mfaDelete === 'Disabled') return status
  throw refusal('IllegalVersioningConfigurationException')
}

const MEMBERS: readonly string[] = ['Status', 'MfaDelete']

function readMembers(body: Uint8Array): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  try {
    for (const child of childrenOf(readDocument(body, 'VersioningConfiguration'))) {
      if (!MEMBERS.includes(child.name) || members.has(child.name)) refuse('an unknown or repeated element')
      members.set(child.name, textOf(child))
    }
  } catch {
    throw refusal('MalformedXML')
  }
  return members
}
