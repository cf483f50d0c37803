import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface SourceMap {
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[]
}

export interface Source {
  readonly path: string
  readonly text: string
}

/** The files that a bundle was made of, as its source maps tell. */
export async function sourcesIn(folder: string): Promise<Source[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.map'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => {
    const { sources, sourcesContent } = JSON.parse(text) as SourceMap
    return sources.map((path, index) => ({ path, text: sourcesContent?.[index] ?? '' }))
  })
}

/** The packages that the files are from. What is in none, or in one of Parcel's, is the application's or the bundler's own. */
export const packagesOf = (sources: readonly Source[]): Set<string> =>
  new Set(sources.flatMap(({ path }) => /.*node_modules\/(?!@parcel\/)((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))

/** The halves of keysweep's runtime that the files are from. Where several need a piece, it names the files it was made of. */
export const halvesOf = (sources: readonly Source[]): Set<string> =>
  new Set(
    sources
      .filter(({ path }) => /keysweep\/dist\//.test(path))
      .flatMap(({ path, text }) => [
        ...path.matchAll(/dist\/runtime\/(\w+)\//g),
        ...text.matchAll(/^\/\/ src\/runtime\/(\w+)\//gm),
      ])
      .map(([, half]) => half as string),
  )

/** Packages, and what they depend on in turn. */
export async function withDependencies(names: readonly string[], modules: string): Promise<Set<string>> {
  const all = new Set(names)
  for (const name of all) {
    const manifest = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(manifest.dependencies ?? {})) all.add(dependency)
  }
  return all
}
