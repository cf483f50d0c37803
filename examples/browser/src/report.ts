import type { Ledger } from './ledger.js'

/** One line of the report. */
interface Row {
  readonly index: number
  readonly key: string
  /** `deleted`, `waiting`, or the outcome of a failure: `refused`, `not-sent` or `unknown`. */
  readonly fate: string
  readonly code?: string
  readonly message?: string
  readonly retryable?: boolean
  readonly attempts?: number
  readonly status?: number
  readonly requestId?: string
}

const COLUMNS = ['index', 'key', 'fate', 'code', 'message', 'retryable', 'attempts', 'status', 'requestId'] as const

function* rows(ledger: Ledger): Generator<Row> {
  for (const [index, key] of ledger.keys.entries()) {
    const fate = ledger.fate(index)
    if (fate === undefined || fate === 'deleted') yield { index, key, fate: fate ?? 'waiting' }
    else {
      const { outcome, key: _, versionId: __, ...reason } = fate
      yield { index, key, fate: outcome, ...reason }
    }
  }
}

/** A JSON document a line: exact, for programs. */
export function ndjson(ledger: Ledger): Blob {
  return blobOf(rows(ledger), (row) => `${JSON.stringify(row)}\n`, 'application/x-ndjson')
}

/** For spreadsheets (RFC 4180, with a mark of its encoding): what they would take for a formula gets an apostrophe. */
export function csv(ledger: Ledger): Blob {
  const line = (cells: readonly unknown[]) => `${cells.map(cell).join(',')}\r\n`
  return blobOf(rows(ledger), (row) => line(COLUMNS.map((name) => row[name])), 'text/csv', `\ufeff${line(COLUMNS)}`)
}

const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/
const SPECIAL = /[",\r\n]|^\s|\s$/

export function cell(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const LINES_A_PIECE = 10_000

/** Put together in pieces: hundreds of thousands of lines are no argument list, nor one string. */
function blobOf(all: Iterable<Row>, lineOf: (row: Row) => string, type: string, head = ''): Blob {
  const pieces = [head]
  let lines: string[] = []
  for (const row of all)
    if (lines.push(lineOf(row)) === LINES_A_PIECE) {
      pieces.push(lines.join(''))
      lines = []
    }
  return new Blob([...pieces, lines.join('')], { type })
}

/** Has the browser save it. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // Not at once: the browser still has to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
