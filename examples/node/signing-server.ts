// Signs deletions from one bucket for pages that hold no secret: npx tsx examples/node/signing-server.ts
// SIGNING_SECRET_ACCESS_KEY, SIGNING_REGION, SIGNING_HOST and SIGNING_BUCKET say what for; SIGNING_SESSION stands for your sessions.
import { serve } from 'srvx'
import { hasSession } from '../secrets/callers.js'
import { signS3 } from '../secrets/sign-s3.js'
import { signingEndpoint } from '../secrets/signing-endpoint.js'

function needed(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

const session = needed('SIGNING_SESSION')
const endpoint = signingEndpoint({
  sign: signS3({
    secretAccessKey: needed('SIGNING_SECRET_ACCESS_KEY'),
    region: needed('SIGNING_REGION'),
    host: needed('SIGNING_HOST'),
    bucket: needed('SIGNING_BUCKET'),
  }),
  mayDelete: (caller) => hasSession(caller, session),
})

export const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8787),
  silent: true,
  fetch: endpoint,
})
await server.ready()
console.log(server.url)
