import { execFileSync } from 'node:child_process'
import { type Browser, chromium } from 'playwright-core'

/** Chromium as Debian installs it, or another that CHROMIUM names. */
function executablePath(): string {
  const { CHROMIUM = 'chromium' } = process.env
  try {
    return execFileSync('which', [CHROMIUM], { encoding: 'utf8' }).trim()
  } catch {
    throw new Error(
      'Chromium is missing: apt-get install --no-install-recommends chromium, or set CHROMIUM to its path',
    )
  }
}

/** Starts Chromium so that it calls nobody by itself. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executablePath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
