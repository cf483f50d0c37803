import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type BuildOptions, build } from 'esbuild'

/** Where an application is, and where its bundle goes. */
export interface Job {
  /** An ES module called `program.js`. */
  readonly entry: string
  /** For `program.js` and what it loads, with source maps. */
  readonly folder: string
}

/** A bundler as its users set it up. */
export interface Bundler {
  readonly title: string
  /** The half of the package that it must take, alone. */
  readonly half: 'node' | 'web'
  /** Whether it builds for an edge runtime, which keeps few connections. */
  readonly isForEdge?: boolean
  /** Where what it makes is run: a name of the table of runtimes. */
  readonly runsIn: 'node20' | 'workerd' | 'edge-vm' | 'chromium'
  /** Files beside the program. */
  readonly files?: Readonly<Record<string, string>>
  /** Gives the warnings; throws on errors. */
  readonly bundle: (job: Job) => Promise<readonly string[]>
}

/** The bundlers' own folder. */
const { resolve } = createRequire(join(import.meta.dirname, 'node_modules/'))

const load = async <Module>(name: string): Promise<Module> => import(pathToFileURL(resolve(name)).href)

const withEsbuild =
  (options: BuildOptions): Bundler['bundle'] =>
  async ({ entry, folder }) => {
    const { warnings } = await build({
      entryPoints: [entry],
      outdir: folder,
      bundle: true,
      minify: true,
      sourcemap: true,
      logLevel: 'silent',
      tsconfigRaw: {},
      ...options,
    })
    return warnings.map(({ text }) => text)
  }

interface Rollup {
  rollup(options: object): Promise<{ write(output: object): Promise<unknown> }>
}
interface RollupPlugins {
  nodeResolve(options: object): object
  default(): object
}

const withRollup =
  (resolution: object, options: object = {}): Bundler['bundle'] =>
  async ({ entry, folder }) => {
    const { rollup } = await load<Rollup>('rollup')
    const { nodeResolve } = await load<RollupPlugins>('@rollup/plugin-node-resolve')
    const { default: commonjs } = await load<RollupPlugins>('@rollup/plugin-commonjs')
    const warnings: string[] = []
    const bundle = await rollup({
      input: entry,
      plugins: [nodeResolve(resolution), commonjs()],
      ...options,
      onwarn: ({ message }: { message: string }) => warnings.push(message),
    })
    await bundle.write({ dir: folder, format: 'es', sourcemap: true })
    return warnings
  }

interface Vite {
  createLogger(): Record<string, unknown>
  build(config: object): Promise<unknown>
}

const withVite: Bundler['bundle'] = async ({ entry, folder }) => {
  const vite = await load<Vite>('vite')
  const warnings: string[] = []
  const warn = (message: string) => warnings.push(message)
  await vite.build({
    root: dirname(entry),
    configFile: false,
    customLogger: { ...vite.createLogger(), info: () => {}, warn, warnOnce: warn },
    logLevel: 'warn',
    build: {
      outDir: folder,
      sourcemap: true,
      rollupOptions: { input: entry, output: { entryFileNames: '[name].js' } },
    },
  })
  return warnings
}

interface Webpack {
  default(config: object, done: (error: Error | null, stats: WebpackStats) => void): void
}
interface WebpackStats {
  toJson(): { readonly warnings: readonly Message[]; readonly errors: readonly Message[] }
}
interface Message {
  readonly message: string
}

const withWebpack =
  ({ output, ...config }: { readonly output?: object; readonly [name: string]: unknown }): Bundler['bundle'] =>
  async ({ entry, folder }) => {
    const { default: webpack } = await load<Webpack>('webpack')
    const settings = {
      mode: 'production',
      context: dirname(entry),
      entry,
      devtool: 'source-map',
      output: { path: folder, filename: 'program.js', ...output },
      ...config,
    }
    const stats = await new Promise<WebpackStats>((resolve, reject) => {
      webpack(settings, (error, result) => (error ? reject(error) : resolve(result)))
    })
    const { warnings, errors } = stats.toJson()
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
    return warnings.map(({ message }) => message)
  }

/** It looks at no `exports` unless it is told to, and takes a look at whether there is a `Buffer` for a use of it. */
const PARCEL = { private: true, '@parcel/resolver-default': { packageExports: true }, alias: { buffer: false } }

const withParcel: Bundler['bundle'] = async ({ entry, folder }) => {
  await writeFile(join(dirname(entry), 'package.json'), JSON.stringify(PARCEL))
  const parcel = join(dirname(resolve('parcel/package.json')), 'lib/bin.js')
  const args = ['build', entry, '--dist-dir', folder, '--log-level', 'warn', '--no-cache', '--no-autoinstall']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [parcel, ...args], { cwd: dirname(entry) })
  return [stdout, stderr].filter((text) => text.trim() !== '')
}

const COMMONJS = { 'package.json': '{ "type": "commonjs" }' }

/** Every bundler, and what it builds for. */
export const BUNDLERS: readonly Bundler[] = [
  { title: 'Vite', half: 'web', runsIn: 'chromium', bundle: withVite },
  { title: 'webpack', half: 'web', runsIn: 'chromium', bundle: withWebpack({ target: 'web' }) },
  { title: 'Rollup', half: 'web', runsIn: 'chromium', bundle: withRollup({ browser: true }) },
  { title: 'Parcel, with packageExports and no buffer', half: 'web', runsIn: 'chromium', bundle: withParcel },
  {
    title: 'esbuild, for browsers',
    half: 'web',
    runsIn: 'chromium',
    bundle: withEsbuild({ platform: 'browser', format: 'esm', splitting: true }),
  },
  {
    title: 'esbuild, for no platform',
    half: 'web',
    runsIn: 'chromium',
    bundle: withEsbuild({ platform: 'neutral', mainFields: ['module', 'main'], splitting: true }),
  },
  {
    title: 'esbuild, for workerd as wrangler sets it',
    half: 'web',
    isForEdge: true,
    runsIn: 'workerd',
    bundle: withEsbuild({
      platform: 'browser',
      format: 'esm',
      conditions: ['workerd', 'worker', 'browser'],
    }),
  },
  {
    title: 'webpack, for the edge as Next.js sets it',
    half: 'web',
    isForEdge: true,
    runsIn: 'edge-vm',
    bundle: withWebpack({
      target: ['web', 'es2022'],
      output: { asyncChunks: false },
      resolve: { conditionNames: ['edge-light', 'worker', 'import', 'require', 'default'] },
    }),
  },
  {
    title: 'esbuild, for Node',
    half: 'node',
    runsIn: 'node20',
    files: COMMONJS,
    bundle: withEsbuild({ platform: 'node', format: 'cjs' }),
  },
  {
    title: 'webpack, for Node',
    half: 'node',
    runsIn: 'node20',
    files: COMMONJS,
    bundle: withWebpack({ target: 'node20' }),
  },
  {
    title: 'Rollup, for Node, without undici',
    half: 'node',
    runsIn: 'node20',
    // Its plugin for CommonJS makes imports of all that undici requires only where there is such a thing.
    bundle: withRollup({ exportConditions: ['node'], preferBuiltins: true }, { external: /^undici\// }),
  },
]
