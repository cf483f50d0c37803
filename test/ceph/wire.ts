import { Agent, type Dispatcher } from 'undici'
import { FAULTS } from './gateway.js'
import { count } from './tally.js'

/** What to watch for on the way to the store. */
export interface Watch {
  /** Called once for each answer, when the first part of it that holds `text` has arrived. */
  readonly onPart: () => void
  readonly text: string
}

/** A connection to the store that tells how far answers have come, so that faults need not be timed. */
export class Wire {
  /** Answers of which a part arrived, and the end never. */
  cut = 0
  /** Requests that went out, and got no whole answer. */
  lost = 0
  readonly dispatcher: Dispatcher

  constructor(...watches: readonly Watch[]) {
    this.dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 }).compose((dispatch) => (options, handler) => {
      let begun = false
      const seen = new Set<Watch>()
      return dispatch(options, {
        onRequestStart: (...all) => {
          begun = true
          handler.onRequestStart?.(...all)
        },
        onResponseStart: (...all) => handler.onResponseStart?.(...all),
        onResponseData: (controller, chunk) => {
          handler.onResponseData?.(controller, chunk)
          for (const watch of watches) {
            if (seen.has(watch) || !chunk.includes(watch.text)) continue
            seen.add(watch)
            watch.onPart()
          }
        },
        onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
        onResponseError: (...all) => {
          if (seen.size > 0) this.#cut()
          if (begun) this.lost++
          handler.onResponseError?.(...all)
        },
      })
    })
  }

  #cut(): void {
    this.cut++
    count(FAULTS, 'answer cut midway', 'times')
  }
}
