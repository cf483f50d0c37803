import type { Page } from '../page.js'

/** Whether this is a page, or a worker of one. Decides what is said, never how anything is done. */
export const isPage = (): boolean => 'document' in globalThis || 'importScripts' in globalThis

export const pageUrl: Page['pageUrl'] = () => (isPage() ? globalThis.location?.href : undefined)

let warned = false

export const warnOfSecret: Page['warnOfSecret'] = (credentials) => {
  const { secretAccessKey, sessionToken } = credentials as Record<string, unknown>
  if (warned || secretAccessKey === undefined || sessionToken !== undefined || !isPage()) return
  warned = true
  // biome-ignore lint/suspicious/noConsole: whoever reads the console is who put the secret there.
  console.warn(
    'keysweep: everybody who opens this page can read its secretAccessKey. Leave it on a server: use credentials with `sign`, or a function that fetches temporary ones.',
  )
}
