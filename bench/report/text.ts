import { isReached, type Table, type Target } from '../measure.js'

/** A table as a terminal shows it: the first column to the left, the figures to the right. */
export function tableText({ title, columns, rows }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  const padded = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))),
  )
  return [title, ...padded.map((line) => line.join('  '))].join('\n')
}

export const targetText = (target: Target): string => {
  const { what, measured, limit, kind, unit } = target
  return `${isReached(target) ? 'reached' : 'MISSED '}  ${measured.toFixed(2)} ${unit} (${kind} ${limit})  ${what}`
}
