import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The files that a bundle was made of, as its source maps tell. */
export async function sourcesIn(folder: string): Promise<string[]> {
  const maps = (await readdir(folder)).filter((name) => name.endsWith('.map'))
  const texts = await Promise.all(maps.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => (JSON.parse(text) as { sources: string[] }).sources)
}

/** The packages that the files are from. What is in none, or in one of Parcel's, is the application's or the bundler's own. */
export const packagesOf = (sources: readonly string[]): Set<string> =>
  new Set(sources.flatMap((path) => /.*node_modules\/(?!@parcel\/)((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))

/** The halves of keysweep's runtime that the files are from. */
export const halvesOf = (sources: readonly string[]): Set<string> =>
  new Set(sources.flatMap((path) => /keysweep\/dist\/runtime\/(\w+)\//.exec(path)?.[1] ?? []))

/** Packages, and what they depend on in turn. */
export async function withDependencies(names: readonly string[], modules: string): Promise<Set<string>> {
  const all = new Set(names)
  for (const name of all) {
    const manifest = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(manifest.dependencies ?? {})) all.add(dependency)
  }
  return all
}
