import type { DeleteStats, Progress } from 'keysweep'
import { openStore } from './cloud.js'
import { byId } from './elements.js'
import { endWords } from './end-words.js'
import { Ledger } from './ledger.js'
import { Meter } from './meter.js'
import { csv, download, ndjson } from './report.js'
import { RunView } from './run-view.js'
import { SetupForm } from './setup-form.js'
import { sweep } from './sweep.js'

/** Figures that change more often than this cannot be read. */
const REFRESH_MS = 120

let ledger = new Ledger([])
let store: ReturnType<typeof openStore> | undefined
let running: AbortController | undefined

const view = new RunView()
const form = new SetupForm(
  (keys) => {
    ledger = new Ledger(keys)
    store = undefined
    view.ready(ledger)
  },
  () => {
    if (running) running.abort()
    else start(true)
  },
)

/** @param afresh From the beginning; else what an earlier run left. */
async function start(afresh: boolean): Promise<void> {
  const { choice } = form
  if (afresh || !store) {
    ledger = new Ledger(choice.keys)
    store = openStore(choice.store, choice.keys, choice.behaviour)
    view.ready(ledger)
  }
  const { client, size } = store
  const stop = new AbortController()
  running = stop
  form.setRunning(true)
  view.started(choice.storeName)

  const startedAt = performance.now()
  const meter = new Meter()
  let progress: Progress<DeleteStats> | undefined
  let shownAt = 0
  const show = (latest: Progress<DeleteStats>) => {
    progress = latest
    const now = performance.now()
    if (now - shownAt < REFRESH_MS) return
    shownAt = now
    meter.note(ledger.settled, now)
    view.show({ ledger, meter, progress })
  }
  const ending = await sweep(client, ledger, { signal: stop.signal, onProgress: show })
  running = undefined
  form.setRunning(false)
  view.ended(endWords(ending, ledger, size(), performance.now() - startedAt), ledger, progress)
}

byId('resume', HTMLButtonElement).addEventListener('click', () => start(false))
byId('save-ndjson', HTMLButtonElement).addEventListener('click', () =>
  download(ndjson(ledger), 'keysweep-report.ndjson'),
)
byId('save-csv', HTMLButtonElement).addEventListener('click', () => download(csv(ledger), 'keysweep-report.csv'))
new ResizeObserver(() => view.redraw(ledger)).observe(byId('run', HTMLElement))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => view.redraw(ledger))
