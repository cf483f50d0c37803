import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Builds the page and serves it on a free port of this machine. */
export async function serveSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  await build({ root, logLevel: 'error' })
  const server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } })
  const [url = ''] = server.resolvedUrls?.local ?? []
  return { url, close: () => server.close() }
}
