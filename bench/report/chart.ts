import type { Bar, Panel } from '../measure.js'

const WIDTH = 860
const LABEL = 270
const VALUE = 60
const BAR = 16
const ROW = 24
const HEADING = 40
const MARGIN = 16
const SCALE = WIDTH - LABEL - VALUE - 2 * MARGIN

const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.other { fill: #afb8c1 }
.own { fill: #0969da }
.spread { stroke: #57606a }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .other { fill: #6e7681 } .own { fill: #388bfd } .spread { stroke: #c9d1d9 } }`

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

function barSvg({ name, median, min, max }: Bar, top: number, perSecond: number): string {
  const x = (seconds: number) => (MARGIN + LABEL + seconds * perSecond).toFixed(1)
  const middle = top + BAR / 2
  const style = name.includes('keysweep') ? 'own' : 'other'
  return `<text x="${MARGIN + LABEL - 8}" y="${middle + 5}" text-anchor="end">${escaped(name)}</text>
<rect class="${style}" x="${x(0)}" y="${top}" width="${(median * perSecond).toFixed(1)}" height="${BAR}"/>
<line class="spread" x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}"/>
<text x="${Number(x(max)) + 6}" y="${middle + 5}">${median.toFixed(2)}</text>`
}

function panelSvg({ title, bars }: Panel, top: number): string {
  const longest = Math.max(...bars.map(({ max }) => max))
  const rows = bars.map((bar, index) => barSvg(bar, top + HEADING + index * ROW, SCALE / longest))
  return [`<text class="title" x="${MARGIN}" y="${top + HEADING - 12}">${escaped(title)}</text>`, ...rows].join('\n')
}

/** One panel below the other, each with a scale of its own; the line in a bar goes from the least to the most. */
export function chart(panels: readonly Panel[]): string {
  const measured = panels.map(({ title, bars }) => ({
    title,
    bars: bars.filter(({ median }) => Number.isFinite(median)),
  }))
  let top = HEADING
  const parts = measured.map((panel) => {
    const svg = panelSvg(panel, top)
    top += HEADING + panel.bars.length * ROW
    return svg
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + MARGIN}" role="img">
<title>CPU-seconds for a million items, by contender</title>
<style>${STYLE}</style>
<text class="title" x="${MARGIN}" y="${MARGIN + 12}">CPU-seconds for a million items: less is better</text>
${parts.join('\n')}
</svg>
`
}
