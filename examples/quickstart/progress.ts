import cliProgress from 'cli-progress'

/** Shows how far a store is. */
export interface ProgressBar {
  update(value: number, failed: number): void
  done(): void
}

/** Bars, one a store, on a terminal; elsewhere, one line a store when it is done. */
export class ProgressDisplay {
  readonly #bars = process.stdout.isTTY
    ? new cliProgress.MultiBar(
        {
          stream: process.stdout,
          format: '{store} [{bar}] {percentage}% | {note}',
          barCompleteChar: '█',
          barIncompleteChar: '░',
          barsize: 32,
          hideCursor: true,
          autopadding: true,
          // Ctrl-C belongs to the program.
          gracefulExit: false,
        },
        cliProgress.Presets.shades_classic,
      )
    : undefined

  /** @param describe Puts the value in words: `12,000 of 25,000 keys`. */
  add(store: string, total: number, describe: (value: number) => string): ProgressBar {
    const note = (value: number, failed: number) => describe(value) + (failed > 0 ? `, ${count(failed)} failed` : '')
    const name = store.padEnd(12)
    const bar = this.#bars?.create(total, 0, { store: name, note: note(0, 0) })
    let last = note(0, 0)
    return {
      update(value, failed) {
        last = note(value, failed)
        bar?.update(value, { note: last })
      },
      done() {
        if (!bar) console.log(`${name} ${last}`)
      },
    }
  }

  stop(): void {
    this.#bars?.stop()
  }
}

/** A number with separators: 25,000. */
export const count = (value: number): string => value.toLocaleString('en-US')
