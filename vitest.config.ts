import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Tests the package itself, which holds both halves. */
const PACKAGE = 'test/package.test.ts'

/** The whole suite runs on both halves of the runtime: what Node uses, and what everything else uses. */
const half = (name: 'node' | 'web') => ({
  resolve: {
    alias: [
      { find: /^#runtime\/(.*)$/, replacement: `${source(`runtime/${name}/`)}$1.ts` },
      { find: /^keysweep$/, replacement: source('index.ts') },
      { find: /^keysweep\/emulator$/, replacement: source('emulator/index.ts') },
      { find: /^keysweep\/(.*)$/, replacement: `${source('providers/')}$1.ts` },
    ],
  },
  test: {
    name,
    include: ['test/**/*.test.ts'],
    exclude: [PACKAGE],
    testTimeout: 30_000,
    env: { KEYSWEEP_HALF: name },
  },
})

export default defineConfig({
  test: {
    projects: [half('node'), half('web'), { test: { name: 'package', include: [PACKAGE], testTimeout: 60_000 } }],
    coverage: { include: ['src/**'] },
  },
})
