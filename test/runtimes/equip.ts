import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Runner } from './runners.js'

const run = promisify(execFile)

/** Installs what the package.json of a folder lists, unless that was done since it was last changed. */
export async function installTools(folder: string): Promise<void> {
  const stamp = join(folder, 'node_modules/.installed')
  const installedAt = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (installedAt >= statSync(join(folder, 'package.json')).mtimeMs) return
  console.log(`Installing ${join(folder, 'package.json')} …`)
  const quietly = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund']
  await run('npm', ['install', ...quietly], { cwd: folder })
  await writeFile(stamp, '')
}

/** What a runner is and in which version, as it says itself; throws where it is missing. */
export async function versionOf({ title, debian, version: [binary = '', ...args] }: Runner): Promise<string> {
  try {
    const { stdout } = await run(binary, args)
    const [version] = /\d+(\.\d+)+|\d{4}-\d\d-\d\d/.exec(stdout) ?? []
    if (version === undefined) throw new Error(`it gives no version: ${stdout}`)
    return version
  } catch (cause) {
    const remedy = debian ? `: apt-get install --no-install-recommends ${debian.join(' ')}` : ''
    throw new Error(`${title} is missing${remedy}`, { cause })
  }
}
