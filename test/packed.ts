import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)

/**
 * Builds and packs the package below `folder`, installs it there in an empty project, and gives the project's folder.
 *
 * @param flags Of the build: `--no-dts` where nobody looks at types, which take longest.
 */
export async function installPacked(folder: string, ...flags: readonly '--no-dts'[]): Promise<string> {
  const source = join(folder, 'package')
  const app = join(folder, 'app')
  // Beside the repository's own dist, which may be in use.
  await run('npx', ['tsup', '--silent', ...flags, '--out-dir', join(source, 'dist')], { cwd: root })
  for (const file of await readdir(root))
    if (/^(package\.json|LICENSE|docs|.*\.md)$/.test(file))
      await cp(join(root, file), join(source, file), { recursive: true })
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: source })
  const [tarball = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'))
  await mkdir(app)
  await writeFile(join(app, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--no-package-lock', join(folder, tarball)], { cwd: app })
  return app
}
