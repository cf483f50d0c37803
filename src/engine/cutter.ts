import { identityOf, keyOf } from '../items.js'
import type { Operation, Whole } from '../operation.js'
import type { Batch } from './batch.js'
import { Draft, type Limits } from './draft.js'
import { END, type Puller } from './source.js'

/** Cuts the input into batches that each fit one request, by count and by encoded bytes. */
export class Cutter<Item, Detail extends object> {
  /** Items taken from the input so far. */
  taken = 0
  #inputEnded: boolean
  #halted = false
  /** Taken, and in no batch yet: items wait here until there are as many as a request holds. */
  #tray: Item[] = []
  #trayLength = 0
  /** Whether something in it has to be written by itself: that waits for no others. */
  #holdsLoner = false
  readonly #draft: Draft<Item, Detail>
  readonly #lengthOf: (item: Item) => number | undefined

  constructor(
    private readonly puller: Puller<Item>,
    operation: Operation<Item, Detail>,
    private readonly limits: Readonly<Limits>,
    now: () => number,
    /** Writes the body of a batch in one go; see `WholeWriter`. */
    private readonly writeWhole: (items: readonly Item[]) => Whole | undefined,
  ) {
    this.#lengthOf = operation.whole?.lengthOf ?? (() => undefined)
    this.#draft = new Draft(operation, limits, now)
    this.#inputEnded = puller.total === 0
  }

  /** Whether the input was let go of before its end. */
  get halted(): boolean {
    return this.#halted
  }

  /** Whether no batch is to come. */
  get ended(): boolean {
    return this.#inputEnded && this.#tray.length === 0 && this.#draft.isEmpty
  }

  /**
   * The next batch; undefined at the end of the input. Throws what the input throws. Where the input makes one wait, a
   * promise to ask again after: it carries no batch, which a run that ends in between would lose.
   */
  next(): Batch<Item, Detail> | undefined | Promise<void> {
    for (;;) {
      const batch = this.#unload()
      if (batch || this.#inputEnded || this.#halted) return batch
      const awaited = this.#fill()
      if (awaited) return this.#fillLater(awaited)
    }
  }

  /** What was taken and is in no batch yet. */
  leftover(): Batch<Item, Detail>[] {
    this.#inputEnded = true
    const batches: Batch<Item, Detail>[] = []
    for (let batch = this.#cutOneByOne(); batch; batch = this.#cutOneByOne()) batches.push(batch)
    return batches
  }

  /** Takes no more, not even what an asynchronous input is yet to give to a batch. */
  halt(): void {
    if (this.#inputEnded || this.#halted) return
    this.#halted = true
    try {
      this.puller.close()
    } catch {
      // The run has ended for a reason of its own, and an input that cannot clean up does not change it.
    }
  }

  async #fillLater(first: Promise<Item | typeof END>): Promise<void> {
    for (let awaited: typeof first | undefined = first; awaited; awaited = this.#fill()) this.#take(await awaited)
  }

  /** Takes what the input gives at once, until the tray is full; gives the promise where it makes one wait. */
  #fill(): Promise<Item | typeof END> | undefined {
    while (!this.#isTrayFull && !this.#inputEnded && !this.#halted) {
      if (this.puller.some) {
        this.#takeAll(this.puller.some(this.limits.items - this.#tray.length))
        continue
      }
      const item = this.puller.next()
      if (item instanceof Promise) return item
      this.#take(item)
    }
    return undefined
  }

  #takeAll(items: Item[]): void {
    this.taken += items.length
    this.#inputEnded = items.length === 0 || this.taken === this.puller.total
    this.#tray = this.#tray.length > 0 ? [...this.#tray, ...items] : items
    for (const item of items) this.#weigh(item)
  }

  #take(item: Item | typeof END): void {
    if (item === END) {
      this.#inputEnded = true
      return
    }
    // Where the length is known, nobody has to ask for the end.
    if (++this.taken === this.puller.total) this.#inputEnded = true
    this.#tray.push(item)
    this.#weigh(item)
  }

  #weigh(item: Item): void {
    const length = this.#lengthOf(item)
    if (length === undefined) this.#holdsLoner = true
    else this.#trayLength += length
  }

  /** Whether no more is to be taken for now. Asked each time, for limits fall. */
  get #isTrayFull(): boolean {
    return this.#holdsLoner || this.#tray.length >= this.limits.items || this.#trayLength > this.limits.bytes
  }

  /** A batch, where enough was taken for one. */
  #unload(): Batch<Item, Detail> | undefined {
    if (!this.#isTrayFull && !this.#inputEnded) return undefined
    return (this.#draft.isEmpty ? this.#cutWhole() : undefined) ?? this.#cutOneByOne()
  }

  /** A batch of the items in the tray, as many as fit, where all of them are different and can be written in one go. */
  #cutWhole(): Batch<Item, Detail> | undefined {
    const items = this.#tray
    if (this.#holdsLoner || items.length === 0 || items.length > this.limits.items || !areDistinct(items))
      return undefined
    const written = this.#tryWhole(items)
    if (!written) return undefined
    this.#keep(items, written.count)
    items.length = written.count
    return this.#draft.whole(items, written)
  }

  /** One by one, it comes out which of them throws when it is looked at. */
  #tryWhole(items: readonly Item[]): Whole | undefined {
    try {
      return this.writeWhole(items)
    } catch {
      return undefined
    }
  }

  /** Moves items from the tray to the draft until they make a batch. */
  #cutOneByOne(): Batch<Item, Detail> | undefined {
    const items = this.#tray
    let count = 0
    let cut: Batch<Item, Detail> | undefined
    while (!cut && count < items.length) cut = this.#draft.add(items[count++] as Item)
    this.#keep(items, count)
    if (cut || !this.#inputEnded || this.#draft.isEmpty) return cut
    return this.#draft.cut()
  }

  /** Leaves in the tray what comes after the first `count` items. */
  #keep(items: readonly Item[], count: number): void {
    this.#tray = items.slice(count)
    this.#trayLength = 0
    this.#holdsLoner = false
    for (const item of this.#tray) this.#weigh(item)
  }
}

/** Whether no two items are the same. In order, as a listing gives them, that is cheap to see. */
function areDistinct(items: readonly unknown[]): boolean {
  let before = ''
  for (const item of items) {
    const key = keyOf(item)
    if (key <= before) return new Set(items.map(identityOf)).size === items.length
    before = key
  }
  return true
}
