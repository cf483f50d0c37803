import type { DeleteStats, Progress } from 'keysweep'
import { byId } from './elements.js'
import type { EndWords } from './end-words.js'
import { FailureTable } from './failure-table.js'
import { KeyMap } from './key-map.js'
import type { Ledger } from './ledger.js'
import type { Meter } from './meter.js'
import { count, counted, duration } from './words.js'

const text = (id: string, words: string): void => {
  byId(id, HTMLElement).textContent = words
}

/** How far a run has got. */
export interface Standing {
  readonly ledger: Ledger
  readonly meter: Meter
  readonly progress: Progress<DeleteStats>
}

/** Everything that is shown of a run. */
export class RunView {
  readonly #map = new KeyMap()
  readonly #table = new FailureTable()
  #announced = 0

  /** Shows keys that nobody has sent yet. */
  ready(ledger: Ledger): void {
    byId('empty', HTMLElement).hidden = ledger.keys.length > 0
    byId('run', HTMLElement).hidden = ledger.keys.length === 0
    byId('ending', HTMLElement).hidden = true
    this.#table.clear()
    this.#announced = 0
    text('title', 'Ready')
    text('figure', counted(ledger.keys.length, 'key'))
    text('pace', '')
    text('traffic', '')
    this.#draw(ledger)
  }

  started(storeName: string): void {
    byId('ending', HTMLElement).hidden = true
    text('title', `Deleting from ${storeName}`)
    const isNarrow = matchMedia('(max-width: 860px)').matches
    byId('run', HTMLElement).scrollIntoView({ block: isNarrow ? 'start' : 'nearest' })
    this.#announce('Deletion has started')
  }

  show({ ledger, meter, progress }: Standing): void {
    const all = ledger.keys.length
    const { settled } = ledger
    const percent = Math.floor((settled / all) * 100)
    const remaining = meter.remaining(all - settled)
    const pace =
      remaining === undefined ? [] : [`${count(Math.round(meter.rate))} keys/s`, `${duration(remaining)} left`]
    text('figure', `${percent}%`)
    text('pace', pace.join(' · '))
    text('traffic', `${trafficOf(progress)} · ${presentOf(progress)}`)
    this.#draw(ledger)
    if (percent < this.#announced + 10) return
    this.#announced = percent - (percent % 10)
    this.#announce(`${percent} percent, ${counted(ledger.failed, 'failure')}`)
  }

  /** @param words What came of it, and what there is to go on with. */
  ended(words: EndWords, ledger: Ledger, progress: Progress<DeleteStats> | undefined): void {
    this.#draw(ledger)
    text('title', words.title)
    text('figure', `${count(ledger.counts.deleted)} deleted`)
    text('pace', '')
    text('traffic', progress ? trafficOf(progress) : '')
    text('ending-text', words.text)
    text('resume', words.resume ?? '')
    byId('ending', HTMLElement).hidden = false
    byId('resume', HTMLElement).hidden = words.resume === undefined
    this.#announce(`${words.title}. ${words.text}`)
  }

  /** Draws again, for another width or other colours. */
  redraw(ledger: Ledger): void {
    this.#map.draw(ledger)
  }

  #draw(ledger: Ledger): void {
    for (const [outcome, keys] of Object.entries(ledger.counts)) text(outcome, count(keys))
    const all = ledger.keys.length
    text('waiting', count(all - ledger.settled))
    const progress = byId('progress', HTMLProgressElement)
    progress.max = Math.max(1, all)
    progress.value = ledger.settled
    this.#map.draw(ledger)
    this.#table.update(ledger.failures())
  }

  #announce(words: string): void {
    text('announcement', words)
  }
}

function trafficOf({ requests, retries, throttled }: Progress<DeleteStats>): string {
  const parts = [counted(requests, 'request'), counted(retries, 'retry', 'retries')]
  if (throttled > 0) parts.push(`throttled ${counted(throttled, 'time')}`)
  return parts.join(' · ')
}

const presentOf = ({ inFlight, concurrency }: Progress<DeleteStats>): string =>
  `${count(inFlight)} of ${count(concurrency)} in flight`
