import { isMeasured, isReached, type Table, type Target } from '../measure.js'

/** A number with three digits that say something. */
export const shown = (value: number): string =>
  Number.isFinite(value) ? value.toLocaleString('en', { maximumSignificantDigits: 3 }) : '–'

/** A table as a terminal shows it: the first column to the left, the figures to the right. */
export function tableText({ title, columns, rows }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const padded = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))),
  )
  return [title, ...padded.map((line) => line.join('  ')), ''].join('\n')
}

export const verdict = (target: Target): string =>
  isMeasured(target) ? (isReached(target) ? 'reached' : 'missed') : 'not measured'

export const targetText = (target: Target): string => {
  const { what, measured, limit, kind, unit } = target
  return `${verdict(target).padEnd(12)}  ${shown(measured)} ${unit} (${kind} ${shown(limit)})  ${what}`
}
