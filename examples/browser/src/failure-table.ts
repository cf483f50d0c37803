import type { FailedKey } from 'keysweep'
import { byId, element } from './elements.js'
import type { Failure } from './ledger.js'
import { pieces } from './visible.js'
import { count } from './words.js'

const PAGE_ROWS = 25

const OUTCOMES: Readonly<Record<FailedKey['outcome'], string>> = {
  refused: 'refused',
  unknown: 'unknown',
  'not-sent': 'not sent',
}

/** The failed keys, a page at a time, and what to look for among them. */
export class FailureTable {
  readonly #section = byId('failures', HTMLElement)
  readonly #rows = byId('failures-rows', HTMLTableSectionElement)
  readonly #text = byId('filter-text', HTMLInputElement)
  readonly #code = byId('filter-code', HTMLSelectElement)
  readonly #outcome = byId('filter-outcome', HTMLSelectElement)
  #failures: readonly Failure[] = []
  #found: readonly Failure[] = []
  #page = 0

  constructor() {
    for (const control of [this.#text, this.#code, this.#outcome])
      control.addEventListener('input', () => {
        this.#page = 0
        this.#find()
      })
    const turns = {
      first: () => 0,
      before: () => this.#page - 1,
      next: () => this.#page + 1,
      last: () => this.#lastPage,
    }
    for (const [name, page] of Object.entries(turns))
      byId(`page-${name}`, HTMLButtonElement).addEventListener('click', () => {
        this.#page = page()
        this.#show()
        this.#section.scrollIntoView({ block: 'start' })
      })
  }

  /** Forgets what was looked for. */
  clear(): void {
    this.#text.value = ''
    this.#code.replaceChildren()
    this.#outcome.replaceChildren()
    this.#page = 0
    this.update([])
  }

  update(failures: readonly Failure[]): void {
    this.#failures = failures
    this.#section.hidden = failures.length === 0
    offer(
      this.#code,
      'Every code',
      tally(failures, ({ code }) => code),
    )
    offer(
      this.#outcome,
      'Every outcome',
      tally(failures, ({ outcome }) => outcome),
      (name) => OUTCOMES[name as FailedKey['outcome']],
    )
    this.#find()
  }

  get #lastPage(): number {
    return Math.max(0, Math.ceil(this.#found.length / PAGE_ROWS) - 1)
  }

  #find(): void {
    const text = this.#text.value.toLowerCase()
    const [code, outcome] = [this.#code.value, this.#outcome.value]
    this.#found = this.#failures.filter(
      ({ reason }) =>
        (!code || reason.code === code) &&
        (!outcome || reason.outcome === outcome) &&
        (!text || `${reason.key}\n${reason.message}`.toLowerCase().includes(text)),
    )
    this.#page = Math.min(this.#page, this.#lastPage)
    this.#show()
  }

  #show(): void {
    const start = this.#page * PAGE_ROWS
    const shown = this.#found.slice(start, start + PAGE_ROWS)
    this.#rows.replaceChildren(...(shown.length > 0 ? shown.map(row) : [nothing()]))
    const all = this.#failures.length
    byId('failures-count', HTMLElement).textContent =
      this.#found.length === all ? `${count(all)} in all` : `${count(this.#found.length)} of ${count(all)}`
    byId('page-number', HTMLElement).textContent = `${count(start + 1)}–${count(start + shown.length)}`
    const isFirst = this.#page === 0
    const isLast = this.#page === this.#lastPage
    for (const name of ['first', 'before']) byId(`page-${name}`, HTMLButtonElement).disabled = isFirst
    for (const name of ['next', 'last']) byId(`page-${name}`, HTMLButtonElement).disabled = isLast
    byId('page-number', HTMLElement).parentElement?.toggleAttribute('hidden', isFirst && isLast)
  }
}

function tally(failures: readonly Failure[], nameOf: (reason: FailedKey) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { reason } of failures) counts.set(nameOf(reason), (counts.get(nameOf(reason)) ?? 0) + 1)
  return new Map([...counts].sort(([, one], [, other]) => other - one))
}

/** Fills a list of choices and keeps what was chosen, while there still is any. */
function offer(
  select: HTMLSelectElement,
  every: string,
  counts: ReadonlyMap<string, number>,
  wordFor = (name: string) => name,
): void {
  const { value } = select
  const options = [...counts].map(([name, number]) => new Option(`${wordFor(name)} (${count(number)})`, name))
  select.replaceChildren(new Option(every, ''), ...options)
  select.value = counts.has(value) ? value : ''
}

function row({ index, reason }: Failure): HTMLTableRowElement {
  const { key, code, message, outcome, attempts } = reason
  return element(
    'tr',
    '',
    element('td', 'number', count(index + 1)),
    element('td', 'key', keyElement(key)),
    element('td', 'code', element('span', '', code), element('span', 'message', message)),
    element('td', 'outcome', element('span', `badge ${outcome}`, OUTCOMES[outcome])),
    element('td', 'tries', count(attempts)),
  )
}

function nothing(): HTMLTableRowElement {
  const cell = element('td', 'nothing', 'No failure is like that.')
  cell.colSpan = 5
  return element('tr', '', cell)
}

/** A key, isolated from the text around it, with a sign in place of what would not be seen. */
export function keyElement(key: string): HTMLElement {
  return element(
    'bdi',
    '',
    ...pieces(key).map(({ text, means }) => {
      if (means === undefined) return text
      const sign = element('span', 'sign', text)
      sign.title = means
      return sign
    }),
  )
}
