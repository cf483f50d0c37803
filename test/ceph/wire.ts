import { Agent, type Dispatcher } from 'undici'

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

  constructor({ text, onPart }: Watch) {
    this.dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 }).compose((dispatch) => (options, handler) => {
      let begun = false
      let told = false
      return dispatch(options, {
        onRequestStart: (...all) => {
          begun = true
          handler.onRequestStart?.(...all)
        },
        onResponseStart: (...all) => handler.onResponseStart?.(...all),
        onResponseData: (controller, chunk) => {
          handler.onResponseData?.(controller, chunk)
          if (told || !chunk.includes(text)) return
          told = true
          onPart()
        },
        onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
        onResponseError: (...all) => {
          if (told) this.cut++
          if (begun) this.lost++
          handler.onResponseError?.(...all)
        },
      })
    })
  }
}
