import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

export type Figure = number | string
/** Rows by name, each with its columns by name. */
export type Table = Readonly<Record<string, Readonly<Record<string, Figure>>>>

/** What a suite counted or measured. Names are words, with the unit where there is one: they are shown as they stand. */
export interface Measured {
  /** Names the file in `docs/figures`. */
  readonly suite: string
  /** What was typed to get these figures. */
  readonly command: string
  readonly figures: Readonly<Record<string, Figure>>
  /** Tables by title, for what takes more than a name. */
  readonly tables?: Readonly<Record<string, Table>>
}

/** A file of `docs/figures`, from which `npm run reliability` writes `docs/reliability.md`. */
export interface Figures extends Measured {
  readonly date: string
  readonly node: string
  readonly machine: string
}

export const FIGURES = new URL('../docs/figures/', import.meta.url)

/** Writes down what a suite has measured, where `KEYSWEEP_RECORD` is set; else a run leaves the files as they are. */
export function record({ suite, command, ...measured }: Measured): void {
  if (!process.env.KEYSWEEP_RECORD) return
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`
  const date = new Date().toISOString().slice(0, 10)
  const figures: Figures = { suite, command, date, node: process.version, machine, ...measured }
  mkdirSync(FIGURES, { recursive: true })
  writeFileSync(new URL(`${suite}.json`, FIGURES), `${JSON.stringify(figures, null, 2)}\n`)
}
