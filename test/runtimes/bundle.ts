import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Runner } from './runners.js'

/** Makes `program.js` of the suite in `folder`, with the package that is installed in `app`. */
export async function bundleSuite(runner: Runner, folder: string, port: number, app: string): Promise<void> {
  const { host = '127.0.0.1', cannot, entry } = runner
  await build({
    bundle: true,
    outdir: folder,
    entryPoints: { program: join(import.meta.dirname, `suite/${entry}.ts`) },
    define: {
      CONTROL: JSON.stringify(`http://${host}:${port}`),
      CANNOT: JSON.stringify(Object.keys(cannot)),
    },
    plugins: [resolveFrom(app)],
    // Not the repository's, whose paths lead to the sources.
    tsconfigRaw: {},
    ...runner.bundle,
  })
}

/** The package as an application finds it, although the suite stands elsewhere. */
const resolveFrom = (resolveDir: string): Plugin => ({
  name: 'resolve from the application',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^keysweep(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === resolveDir ? undefined : resolve(path, { resolveDir, kind, pluginData: resolveDir }),
    )
  },
})
