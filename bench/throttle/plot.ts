import type { Contender } from './course.js'
import type { Figures } from './figures.js'

const WIDTH = 860
const HEIGHT = 150
const LEFT = 60
const RIGHT = 16
const HEADING = 34
const PANEL = HEADING + HEIGHT + 30
const LEGEND = 40
/** Room above the highest limit. */
const HEADROOM = 1.4

const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
path { fill: none; stroke-width: 1.5 }
.limit { stroke: #24292f; stroke-dasharray: 4 3 }
.keysweep { stroke: #0969da; stroke-width: 2.5 }
.aws-standard { stroke: #cf222e }
.aws-adaptive { stroke: #bf8700 }
.axis { stroke: #afb8c1; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .limit { stroke: #e6edf3 } .axis { stroke: #6e7681 } }`

export const NAMES: Readonly<Record<Contender, string>> = {
  keysweep: 'keysweep',
  'aws-standard': 'AWS SDK, standard',
  'aws-adaptive': 'AWS SDK, adaptive',
}

/** Panels of lines over the same time. */
export interface Panel {
  readonly title: string
  readonly runs: readonly Figures[]
}

function panelSvg({ title, runs }: Panel, limits: readonly number[], top: number): string {
  const most = Math.max(...limits) * HEADROOM
  const bottom = top + HEADING + HEIGHT
  const x = (second: number) => (LEFT + (second * (WIDTH - LEFT - RIGHT)) / limits.length).toFixed(1)
  const y = (keys: number) => (bottom - (Math.min(keys, most) * HEIGHT) / most).toFixed(1)
  const steps = (values: readonly number[]) =>
    values.map((value, second) => `${second === 0 ? 'M' : 'L'}${x(second)} ${y(value)}H${x(second + 1)}`).join('')
  const curve = (values: readonly number[]) =>
    values.map((value, second) => `${second === 0 ? 'M' : 'L'}${x(second + 0.5)} ${y(value)}`).join('')
  const marks = [...new Set([0, ...limits])].map(
    (keys) => `<text x="${LEFT - 8}" y="${Number(y(keys)) + 5}" text-anchor="end">${keys.toLocaleString('en')}</text>`,
  )
  // Ours above the others.
  const curves = [...runs].reverse().map(({ contender, taken }) => `<path class="${contender}" d="${curve(taken)}"/>`)
  return [
    `<text class="title" x="${LEFT}" y="${top + HEADING - 12}">${title}</text>`,
    ...marks,
    `<path class="axis" d="M${LEFT} ${bottom}H${WIDTH - RIGHT}"/>`,
    `<text x="${WIDTH - RIGHT}" y="${bottom + 18}" text-anchor="end">${limits.length} s</text>`,
    `<path class="limit" d="${steps(limits)}"/>`,
    ...curves,
  ].join('\n')
}

/** One panel below the other: the store's limit, and the keys that it took, second by second. */
export function plot(panels: readonly Panel[], limits: readonly number[]): string {
  const lines = { limit: 'what the store takes', ...NAMES }
  const legend = Object.entries(lines).map(
    ([name, text], index) =>
      `<path class="${name}" d="M${LEFT + index * 195} 20h28"/><text x="${LEFT + index * 195 + 36}" y="25">${text}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${LEGEND + panels.length * PANEL}" role="img">
<title>Keys taken a second, and the limit of the store, over time</title>
<style>${STYLE}</style>
${legend.join('\n')}
${panels.map((panel, index) => panelSvg(panel, limits, LEGEND + index * PANEL)).join('\n')}
</svg>
`
}
