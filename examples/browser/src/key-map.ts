import { byId } from './elements.js'
import { type Counts, type Ledger, noCounts, outcomeOf } from './ledger.js'

/** What the keys of a cell have come to. */
interface Cell {
  keys: number
  readonly counts: Counts
}

const FAILURES = ['refused', 'unknown', 'not-sent'] as const

const LARGEST_PX = 22
const SMALLEST_PX = 12
const HEIGHT_PX = 156
const GAP_PX = 2
/** One failure among hundreds of keys must be seen. */
const THINNEST_PX = 2

/** Draws all keys in their order as one field of cells, each a piece of the list. */
export class KeyMap {
  readonly #canvas = byId('map', HTMLCanvasElement)

  draw(ledger: Ledger): void {
    const canvas = this.#canvas
    const width = canvas.clientWidth
    if (width === 0) return
    const size = cellSize(ledger.keys.length, width)
    const columns = Math.floor((width + GAP_PX) / size)
    const most = columns * Math.floor(HEIGHT_PX / size)
    const cells = cellsOf(ledger, Math.max(1, Math.ceil(ledger.keys.length / most)))
    const height = Math.ceil(cells.length / columns) * size - GAP_PX
    canvas.style.height = `${height}px`
    canvas.width = Math.round(width * devicePixelRatio)
    canvas.height = Math.round(height * devicePixelRatio)
    const context = canvas.getContext('2d') as CanvasRenderingContext2D
    context.scale(devicePixelRatio, devicePixelRatio)
    const style = getComputedStyle(canvas)
    const colourOf = (name: string) => style.getPropertyValue(`--${name}`)
    const [waiting, deleted] = [colourOf('waiting'), colourOf('deleted')]
    const failures = FAILURES.map((outcome) => [outcome, colourOf(outcome)] as const)
    // The columns fill the width.
    const step = (width + GAP_PX) / columns
    const side = size - GAP_PX
    for (const [index, cell] of cells.entries()) {
      const x = (index % columns) * step
      let bottom = Math.floor(index / columns) * size + side
      context.save()
      context.beginPath()
      context.roundRect(x, bottom - side, step - GAP_PX, side, 2)
      context.clip()
      const fill = (colour: string, height: number) => {
        context.fillStyle = colour
        context.fillRect(x, bottom - height, step - GAP_PX, height)
      }
      fill(waiting, side)
      const { keys, counts } = cell
      context.globalAlpha = Object.values(counts).reduce((sum, count) => sum + count) / keys
      fill(deleted, side)
      context.globalAlpha = 1
      for (const [outcome, colour] of failures) {
        const count = counts[outcome]
        if (count === 0) continue
        const part = Math.max(THINNEST_PX, (side * count) / keys)
        fill(colour, part)
        bottom -= part
      }
      context.restore()
    }
  }
}

/** As large as lets every key have a cell of its own, within reason. */
function cellSize(keys: number, width: number): number {
  const fitting = Math.floor(Math.sqrt((width * HEIGHT_PX) / Math.max(1, keys)))
  return Math.min(LARGEST_PX, Math.max(SMALLEST_PX, fitting))
}

function cellsOf(ledger: Ledger, keysACell: number): Cell[] {
  const cells: Cell[] = []
  for (let index = 0; index < ledger.keys.length; index++) {
    if (index % keysACell === 0) cells.push({ keys: 0, counts: noCounts() })
    const cell = cells.at(-1) as Cell
    cell.keys++
    const fate = ledger.fate(index)
    if (fate) cell.counts[outcomeOf(fate)]++
  }
  return cells
}
