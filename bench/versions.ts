import { readFileSync } from 'node:fs'
import { PEERS, RIVALRIES } from './contenders.js'
import { installedFile } from './prepare.js'

/** Packages that take part without being a peer. */
const OTHERS = ['keysweep', 'undici', '@oven/bun-linux-x64', '@deno/linux-x64-glibc']

function versionOf(name: string): string {
  try {
    const { version } = JSON.parse(readFileSync(installedFile(`${name}/package.json`), 'utf8')) as { version: string }
    return version
  } catch {
    return 'not installed'
  }
}

/** What was measured, by package. */
export function versions(): Record<string, string> {
  const peers = [...PEERS, ...RIVALRIES.map(({ vendor }) => vendor)].map((peer) => peer?.package)
  const names = new Set([...OTHERS, ...peers].filter((name) => name !== undefined))
  return Object.fromEntries([...names].map((name) => [name, versionOf(name)]))
}
