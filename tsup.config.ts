import { readdirSync } from 'node:fs'
import { defineConfig } from 'tsup'

const filesIn = (folder: string) => readdirSync(folder).map((file) => `${folder}/${file}`)

const doors = ['src/index.ts', 'src/emulator/index.ts', ...filesIn('src/providers')]

export default defineConfig({
  entry: [
    ...doors,
    'src/runtime/edge/core.ts',
    ...['node', 'web'].flatMap((half) =>
      ['core', 'checksum', 'server'].map((part) => `src/runtime/${half}/${part}.ts`),
    ),
  ],
  format: ['esm', 'cjs'],
  // For CommonJS too: what two doors share must be one copy, or `instanceof` fails between them.
  splitting: true,
  // Has Rollup turn the chunks into CommonJS; what would do so otherwise rewrites every `?.` as function calls.
  treeshake: true,
  removeNodeProtocol: false,
  clean: true,
  // It has no `paths`: `#runtime` must reach the user's resolver, whose conditions choose the half.
  tsconfig: 'tsconfig.build.json',
  external: [/^#runtime/],
  // What the one needs gets `Buffer` from bundlers that do not look for a `browser` field: so it is built in, without. Of the
  // other, and of what that needs, Node would look for the files at each start.
  noExternal: ['@aws-crypto/sha256-js', 'p-limit'],
  esbuildOptions(options) {
    options.mainFields = ['module', 'main']
    options.alias = { '@smithy/util-utf8': '@smithy/util-utf8/dist-es/fromUtf8.browser.js' }
  },
  dts: {
    entry: doors,
    compilerOptions: {
      ignoreDeprecations: '6.0', // tsup sets `baseUrl`.
      stripInternal: true,
      paths: { '#runtime': ['./src/runtime/web/core.ts'], '#runtime/*': ['./src/runtime/web/*.ts'] },
    },
  },
})
