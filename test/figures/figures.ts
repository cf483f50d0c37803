import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What a suite has measured in one runtime. */
export interface RuntimeFigures {
  readonly title: string
  readonly half: 'node' | 'web'
  readonly version: string
  /** Cases that passed; all did. */
  readonly cases: number
  /** What it cannot do, as was asserted. */
  readonly cannot: readonly string[]
}

/** What an import weighs in a bundle, minified and gzipped. */
export interface SizeFigures {
  readonly title: string
  readonly isForNode: boolean
  /** Loaded at once. */
  readonly bytes: number
  readonly most?: number
  readonly goal?: number
  /** Loaded when there is an occasion. */
  readonly later: readonly { readonly occasion: string; readonly bytes: number }[]
}

export interface Figures {
  readonly sizes: readonly SizeFigures[]
  readonly runtimes: Readonly<Record<string, RuntimeFigures>>
}

const fileOf = (name: keyof Figures) => join(import.meta.dirname, `../../docs/figures/${name}.json`)

export const readFigures = <Name extends keyof Figures>(name: Name): Figures[Name] =>
  JSON.parse(readFileSync(fileOf(name), 'utf8')) as Figures[Name]

export function writeFigures<Name extends keyof Figures>(name: Name, figures: Figures[Name]): void {
  mkdirSync(dirname(fileOf(name)), { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(figures, undefined, 2)}\n`)
}
