import type { KeyPair, RemoteKey } from 'keysweep'

// What stands in the page in place of a secret.

/** A key whose secret stays on the server: every signature is asked for there. See `signing-endpoint.ts`. */
export const signedAt = (url: string, accessKeyId: string): RemoteKey => ({
  accessKeyId,
  async sign({ scheme, stringToSign, canonicalRequest, operation, items }) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scheme, stringToSign, canonicalRequest, operation, items }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the server does not sign this: ${text}`)
    return text
  },
})

/** Temporary credentials, fetched when they are first needed and again before they expire. See `credentials-endpoint.ts`. */
export const temporaryFrom = (url: string) => async (): Promise<KeyPair> => {
  const answer = await fetch(url, { method: 'POST' })
  if (!answer.ok) throw new Error(`the server gives no credentials: ${await answer.text()}`)
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await answer.json()
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) }
}
