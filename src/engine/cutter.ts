import { identityOf } from '../items.js'
import { ALONE, type Operation } from '../operation.js'
import { Batch } from './batch.js'
import { END, type Puller } from './source.js'

/** What one request may hold; lowered while a run goes on, where a store turns out to take less than documented. */
export interface Limits {
  items: number
  bytes: number
}

/** Cuts the input into batches that each fit one request, by count and by encoded bytes. */
export class Cutter<Item, Detail extends object> {
  /** Items taken from the input so far. */
  taken = 0
  /** Whether the input is known to be at its end. */
  ended = false
  #draft: Batch<Item, Detail>
  #bytes = 0
  #seen = new Map<string, number>()

  constructor(
    private readonly puller: Puller<Item>,
    private readonly operation: Operation<Item, Detail>,
    private readonly limits: Readonly<Limits>,
    private readonly now: () => number,
  ) {
    this.#draft = this.#start()
    this.ended = puller.total === 0
  }

  /** The next batch; undefined at the end of the input. Throws what the input throws. */
  next(): Batch<Item, Detail> | undefined | Promise<Batch<Item, Detail> | undefined> {
    for (;;) {
      const item = this.puller.next()
      if (item instanceof Promise) return this.#nextLater(item)
      const batch = this.#take(item)
      if (batch || this.ended) return batch
    }
  }

  /** What was taken and is in no batch yet. */
  leftover(): Batch<Item, Detail> | undefined {
    return this.#draft.items.length > 0 ? this.#cut() : undefined
  }

  close(): void {
    if (!this.ended) this.puller.close()
    this.ended = true
  }

  async #nextLater(first: Promise<Item | typeof END>): Promise<Batch<Item, Detail> | undefined> {
    let batch = this.#take(await first)
    while (!batch && !this.ended) batch = this.#take(await this.puller.next())
    return batch
  }

  #take(item: Item | typeof END): Batch<Item, Detail> | undefined {
    if (item === END) {
      this.ended = true
      return this.leftover()
    }
    const cut = this.#add(item)
    this.taken++
    // Where the length is known, nobody has to ask for the end.
    if (this.taken === this.puller.total) this.ended = !cut
    return cut ?? (this.ended || this.#draft.items.length >= this.limits.items ? this.#cut() : undefined)
  }

  /** Adds an item to the draft; where it does not fit, gives the draft and begins another with it. */
  #add(item: Item): Batch<Item, Detail> | undefined {
    const size = this.operation.measure(item, this.now())
    if (typeof size === 'object') {
      this.#draft.fail(this.#draft.add(item), { ...size, retryable: false })
      return undefined
    }
    if (size === ALONE) {
      this.#draft.alone.push(this.#draft.add(item))
      return undefined
    }
    const identity = identityOf(item)
    const twin = this.#seen.get(identity)
    const earlier = twin === undefined ? undefined : (this.#draft.items[twin] as Item)
    const merges = earlier !== undefined && this.operation.interchangeable(earlier, item)
    const freed = merges ? (this.operation.measure(earlier, this.now()) as number) : 0
    const fits = this.#bytes - freed + size <= this.limits.bytes && (merges || earlier === undefined)
    const cut = fits || this.#seen.size === 0 ? undefined : this.#cut()
    const index = this.#draft.add(item)
    if (merges && !cut) this.#draft.merge(twin as number, index)
    this.#seen.set(identity, index)
    this.#bytes += cut ? size : size - freed
    return cut
  }

  #cut(): Batch<Item, Detail> {
    const batch = this.#draft
    this.#draft = this.#start()
    return batch
  }

  #start(): Batch<Item, Detail> {
    this.#seen = new Map()
    this.#bytes = this.operation.envelopeBytes
    return new Batch(this.taken)
  }
}
