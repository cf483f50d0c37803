import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const FOLDER = pathOf('.')
const BUILD = pathOf('build')

/** What runs in the measured processes, and in the server's. */
const MEASURED_FOLDERS = ['.', 'client', 'server', 'floors', 'keysweep', 'peers']

/** A program that a package of the benchmark brings along. */
export const installedFile = (name: string): string => pathOf(`node_modules/${name}`)

/** A script as those processes run it: plain JavaScript, without a loader that would be measured too. */
export const builtFile = (name: string): string => `${BUILD}/${name}.js`

function npm(folder: string, ...args: string[]): void {
  execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Installs the peers where they are missing, builds the package, and compiles what runs in processes of its own. */
export function prepare(): void {
  if (!existsSync(pathOf('node_modules/keysweep')))
    npm(FOLDER, 'install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts')
  npm(pathOf('..'), 'run', 'build', '--', '--silent')
  rmSync(BUILD, { recursive: true, force: true })
  const entryPoints = MEASURED_FOLDERS.flatMap((folder) =>
    readdirSync(pathOf(folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => pathOf(`${folder}/${file}`)),
  )
  buildSync({ entryPoints, outdir: BUILD, outbase: FOLDER, format: 'esm', platform: 'node', target: 'node20' })
}
