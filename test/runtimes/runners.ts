import { join } from 'node:path'
import type { BuildOptions } from 'esbuild'

/** What the suite asks about because not every runtime can do it. */
export type Ability = 'dispatcher' | 'dotSegments' | 'listen' | 'redirects' | 'subtle'

/** Where a program is and whom it reports to. */
export interface Place {
  /** Holds `program.js`. */
  readonly folder: string
  /** Of the program that waits for the report, on 127.0.0.1. */
  readonly port: number
}

/** A runtime: how to have it, how to start a program in it, and what it cannot do. */
export interface Runner {
  /** As it is called in the README. */
  readonly title: string
  /** Which half of the package its conditions choose. */
  readonly half: 'node' | 'web'
  readonly group: 'runtimes' | 'browsers'
  /** Debian packages that hold it; it comes from npm where there are none. */
  readonly debian?: readonly string[]
  readonly entry: 'script' | 'worker'
  /** How a program is bundled for it, as its users would. */
  readonly bundle: BuildOptions
  /** Files beside the program. */
  readonly files?: Readonly<Record<string, string>>
  readonly start: (place: Place) => readonly string[]
  readonly version: readonly string[]
  /** What it opens a page at; a browser does not end with its program, and asks before it sends across origins. */
  readonly host?: string
  /** In words for the README; the suite asserts that it is so. */
  readonly cannot: Readonly<Partial<Record<Ability, string>>>
}

const installed = (path: string) => join(import.meta.dirname, 'node_modules', path)

const WEB_HALF = {
  dispatcher: '`dispatcher` is refused, for undici is Node’s',
  listen: '`listen()` of the emulator is refused: no ports to open',
  dotSegments:
    'a key that XML cannot carry fails as `InvalidKey` where it holds `.` or `..` segments, which `fetch` folds',
}

/** A program of its own beside the installed package, whose conditions it resolves itself. */
const BESIDE: BuildOptions = { external: ['keysweep', 'keysweep/*'], format: 'esm', platform: 'neutral' }

const node = (version: number): Runner => {
  const binary = installed(`node${version}/bin/node`)
  return {
    title: `Node ${version}`,
    half: 'node',
    group: 'runtimes',
    entry: 'script',
    bundle: BESIDE,
    start: ({ folder }) => [binary, join(folder, 'program.js')],
    version: [binary, '--version'],
    cannot: {},
  }
}

const BUN = installed('@oven/bun-linux-x64/bin/bun')
const DENO = installed('@deno/linux-x64-glibc/deno')
const WORKERD = installed('@cloudflare/workerd-linux-64/bin/workerd')
const EDGE = installed('@edge-runtime/vm')

const WORKERD_CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .worker), (name = "internet", network = (allow = ["private", "local"])) ]
);
const worker :Workerd.Worker = (
  modules = [ (name = "program.js", esModule = embed "program.js") ],
  compatibilityDate = "2026-11-01"
);
`

const EDGE_HOST = `const { EdgeVM } = require(${JSON.stringify(EDGE)})
const { readFileSync } = require('node:fs')
new EdgeVM().evaluate(readFileSync(__dirname + '/program.js', 'utf8'))
`

const BROWSER: BuildOptions = { platform: 'browser', format: 'esm', splitting: true }
const IN_A_BROWSER = {
  ...WEB_HALF,
  redirects: 'a redirect is refused as everywhere, but its status is hidden from pages',
}

const chromium = (title: string, host: string, cannot: Runner['cannot']): Runner => ({
  title,
  half: 'web',
  group: 'runtimes',
  debian: ['chromium'],
  entry: 'script',
  bundle: BROWSER,
  start: ({ folder, port }) => [
    'chromium',
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
    `--host-resolver-rules=MAP ${host} 127.0.0.1`,
    `--user-data-dir=${join(folder, 'profile')}`,
    `http://${host}:${port}/`,
  ],
  version: ['chromium', '--version'],
  host,
  cannot,
})

/** Keeps it from asking the net about itself. */
const FIREFOX_PREFERENCES = `user_pref('network.captive-portal-service.enabled', false)
user_pref('network.connectivity-service.enabled', false)
user_pref('app.normandy.enabled', false)
user_pref('services.settings.server', 'data:,')
user_pref('datareporting.policy.dataSubmissionEnabled', false)
user_pref('browser.shell.checkDefaultBrowser', false)
user_pref('browser.aboutwelcome.enabled', false)
`

/** Holds its MiniBrowser, which prints no version without a screen. */
const WEBKIT = 'libwebkit2gtk-4.1-0'

/** Every runtime the suite runs in. */
export const RUNNERS: Readonly<Record<string, Runner>> = {
  node20: node(20),
  node22: node(22),
  node24: node(24),
  node26: node(26),
  bun: {
    title: 'Bun',
    half: 'web',
    group: 'runtimes',
    entry: 'script',
    bundle: BESIDE,
    start: ({ folder }) => [BUN, join(folder, 'program.js')],
    version: [BUN, '--version'],
    cannot: WEB_HALF,
  },
  deno: {
    title: 'Deno',
    half: 'web',
    group: 'runtimes',
    entry: 'script',
    bundle: BESIDE,
    start: ({ folder }) => [
      DENO,
      'run',
      '--no-prompt',
      '--cached-only',
      '--node-modules-dir=manual',
      '--allow-net=127.0.0.1',
      join(folder, 'program.js'),
    ],
    version: [DENO, '--version'],
    cannot: WEB_HALF,
  },
  workerd: {
    title: 'workerd (Cloudflare Workers), without Node compatibility',
    half: 'web',
    group: 'runtimes',
    entry: 'worker',
    bundle: { conditions: ['workerd', 'worker'], platform: 'browser', format: 'esm' },
    files: { 'config.capnp': WORKERD_CONFIG },
    start: ({ folder }) => [WORKERD, 'test', join(folder, 'config.capnp')],
    version: [WORKERD, '--version'],
    cannot: WEB_HALF,
  },
  'edge-vm': {
    title: 'Edge VM (Next.js, Vercel)',
    half: 'web',
    group: 'runtimes',
    entry: 'script',
    bundle: { conditions: ['edge-light'], platform: 'browser', format: 'iife' },
    files: { 'host.cjs': EDGE_HOST },
    start: ({ folder }) => [process.execPath, join(folder, 'host.cjs')],
    version: [process.execPath, '-p', `require(${JSON.stringify(join(EDGE, 'package.json'))}).version`],
    cannot: WEB_HALF,
  },
  chromium: chromium('Chromium', '127.0.0.1', IN_A_BROWSER),
  'chromium-http': chromium('Chromium, page on plain http', 'page.test', {
    ...IN_A_BROWSER,
    subtle: '`crypto.subtle` is kept from such pages, so that digests run in JavaScript',
  }),
  firefox: {
    title: 'Firefox',
    half: 'web',
    group: 'browsers',
    debian: ['firefox-esr'],
    entry: 'script',
    bundle: BROWSER,
    files: { 'profile/user.js': FIREFOX_PREFERENCES },
    start: ({ folder, port }) => [
      'firefox-esr',
      '--headless',
      '--no-remote',
      '--profile',
      join(folder, 'profile'),
      `http://127.0.0.1:${port}/`,
    ],
    version: ['firefox-esr', '--version'],
    host: '127.0.0.1',
    cannot: IN_A_BROWSER,
  },
  webkit: {
    title: 'WebKitGTK',
    half: 'web',
    group: 'browsers',
    debian: [WEBKIT, 'xvfb', 'xauth'],
    entry: 'script',
    bundle: BROWSER,
    start: ({ port }) => [
      'xvfb-run',
      '-a',
      '-s',
      '-screen 0 800x600x24 -nolisten tcp',
      '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
      `http://127.0.0.1:${port}/`,
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for dpkg.
    version: ['dpkg-query', '--show', '--showformat=${Version}', WEBKIT],
    host: '127.0.0.1',
    cannot: IN_A_BROWSER,
  },
}
