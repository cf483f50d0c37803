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

/** Which version of a runtime there is, as it says itself; undefined where there is none. */
export async function versionOf({ version: [binary = '', ...args] }: Runner): Promise<string | undefined> {
  const { stdout } = await run(binary, args).catch(() => ({ stdout: '' }))
  return /\d+(\.\d+)+|\d{4}-\d\d-\d\d/.exec(stdout)?.[0]
}

/** What to do about a runtime that is not there. */
export const remedyFor = ({ debian }: Runner): string =>
  debian ? `apt-get install --no-install-recommends ${debian.join(' ')}` : 'it should have come from npm'
