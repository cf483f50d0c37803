import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Tests the package itself, which holds both halves. */
const PACKAGE = 'test/package.test.ts'

const sources = (half: 'node' | 'web') => ({
  alias: [
    { find: /^#runtime$/, replacement: source(`runtime/${half}/core.ts`) },
    { find: /^#runtime\/(.*)$/, replacement: `${source(`runtime/${half}/`)}$1.ts` },
    { find: /^keysweep$/, replacement: source('index.ts') },
    { find: /^keysweep\/emulator$/, replacement: source('emulator/index.ts') },
    { find: /^keysweep\/(.*)$/, replacement: `${source('providers/')}$1.ts` },
  ],
})

/** Tests wait for time to pass as often as not: one file more than there are cores keeps these busy. */
const maxWorkers = availableParallelism() + 1

/**
 * What no half of the runtime has a part in, or only Node's: the engine knows neither, documents are of no half, and of
 * each family one provider stands for the others.
 */
const ONCE = [
  ...['engine', 'hostile', 'fuzz', 'figures'].map((folder) => `test/${folder}/**`),
  ...['alibaba-dcdn', 'ncloud', 'yandex'].map((provider) => `test/providers/${provider}.test.ts`),
  ...['examples', 'reliability', 'pool', 'wire', 'emulator/faults', 'emulator/state'].map(
    (name) => `test/${name}.test.ts`,
  ),
]

/** The suite runs on both halves of the runtime: what Node uses, and what everything else uses. */
export const half = (name: 'node' | 'web') => ({
  resolve: sources(name),
  test: {
    name,
    include: ['test/**/*.test.ts'],
    exclude: [PACKAGE, '**/node_modules/**', ...(name === 'web' ? ONCE : [])],
    testTimeout: 60_000,
    env: { KEYSWEEP_HALF: name },
    maxWorkers,
  },
})

/** What takes a while, or a server to be installed, has a command of its own. */
const apart = (name: 'large' | 'restarts' | 'ceph' | 'workers', settings: object = {}) => ({
  resolve: sources('node'),
  test: { name, include: [`test/${name}/**/*.${name}.ts`], testTimeout: 60_000, hookTimeout: 60_000, ...settings },
})

export default defineConfig({
  test: {
    projects: [
      half('node'),
      half('web'),
      { test: { name: 'package', include: [PACKAGE], testTimeout: 120_000, maxWorkers } },
      apart('large'),
      apart('restarts'),
      apart('ceph', { globalSetup: 'test/ceph/recording.ts' }),
      apart('workers'),
      {
        resolve: sources('node'),
        test: {
          name: 'pages',
          include: ['examples/browser/test/**/*.pages.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: availableParallelism(),
        },
      },
    ],
    coverage: { include: ['src/**'] },
  },
})
