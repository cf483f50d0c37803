import { type Figures, type RuntimeFigures, readFigures } from './figures.js'

/** How a section of the README is made from figures. */
export const TABLES: { readonly [Name in keyof Figures]: (figures: Figures[Name]) => string } = {
  sizes: (figures) =>
    table(
      ['import', 'kB', 'more when there is an occasion'],
      figures.map(({ title, isForNode, bytes, later }) => [
        isForNode ? `${title} (Node only)` : title,
        kilobytes(bytes),
        later.map((chunk) => `${kilobytes(chunk.bytes)}: ${chunk.occasion}`).join('; '),
      ]),
    ),
  runtimes: (figures) => {
    const rows = Object.values(figures)
    const notes = [...new Set(rows.flatMap(({ cannot }) => cannot))]
    const marks = ({ cannot }: RuntimeFigures) => cannot.map((note) => superscript(notes.indexOf(note) + 1)).join(' ')
    return [
      table(
        ['runtime', 'version', 'by', 'cases passed', 'but'],
        rows.map((row) => [row.title, row.version, HALVES[row.half], String(row.cases), marks(row)]),
      ),
      notes.map((note, index) => `${superscript(index + 1)} ${note}.`).join(' '),
    ].join('\n\n')
  },
}

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1)

const HALVES = { node: 'undici, `node:crypto`', web: '`fetch`, Web Crypto' } as const

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const superscript = (number: number): string => [...String(number)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')

/** The text with each section between `<!-- figures: … -->` and `<!-- end of figures -->` made anew. */
export const readmeWithTables = (text: string): string =>
  text.replace(
    /(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->)/gs,
    (_section, start: string, name: string, end: string) => `${start}\n${tableOf(name as keyof Figures)}\n\n${end}`,
  )

const tableOf = <Name extends keyof Figures>(name: Name): string => TABLES[name](readFigures(name))
