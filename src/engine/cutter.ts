import { identityOf } from '../items.js'
import { ALONE, type Operation } from '../operation.js'
import { Batch } from './batch.js'
import { END, type Puller } from './source.js'

/** What one request may hold; lowered while a run goes on, where a store turns out to take less than documented. */
export interface Limits {
  items: number
  bytes: number
}

/** Each of these is a request of its own, and may be long: a batch of many would hold much for a long time. */
const MOST_ALONE = 16

/** Cuts the input into batches that each fit one request, by count and by encoded bytes. */
export class Cutter<Item, Detail extends object> {
  /** Items taken from the input so far. */
  taken = 0
  /** Whether the input is known to be at its end. */
  ended = false
  #draft: Batch<Item, Detail>
  #bytes = 0
  #halted = false
  #seen = new Set<string>()
  /** Where each item of the draft stands; made when the first duplicate turns up, which in most batches none does. */
  #places: Map<string, number> | undefined

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
      if (batch || this.ended || this.#halted) return batch
    }
  }

  /** What was taken and is in no batch yet. */
  leftover(): Batch<Item, Detail> | undefined {
    return this.#draft.items.length > 0 ? this.#cut() : undefined
  }

  /** Takes no more, not even what an asynchronous input is yet to give to a batch. */
  halt(): void {
    if (this.ended || this.#halted) return
    this.#halted = true
    try {
      this.puller.close()
    } catch {
      // The run has ended for a reason of its own, and an input that cannot clean up does not change it.
    }
  }

  async #nextLater(first: Promise<Item | typeof END>): Promise<Batch<Item, Detail> | undefined> {
    let batch = this.#take(await first)
    while (!batch && !this.ended && !this.#halted) batch = this.#take(await this.puller.next())
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
    const size = this.operation.measure(item, this.now)
    if (typeof size === 'object') {
      this.#draft.fail(this.#draft.add(item), { ...size, retryable: false })
      return undefined
    }
    if (size === ALONE) {
      const { alone } = this.#draft
      const cut = alone.length >= MOST_ALONE ? this.#cut() : undefined
      this.#draft.alone.push(this.#draft.add(item))
      return cut
    }
    const known = this.#seen.size
    if (known === this.#seen.add(identityOf(item)).size) return this.#addTwin(item, size)
    const cut = known > 0 && this.#bytes + size > this.limits.bytes ? this.#cut() : undefined
    if (cut) this.#seen.add(identityOf(item))
    const index = this.#draft.add(item)
    this.#places?.set(identityOf(item), index)
    this.#bytes += size
    return cut
  }

  /** Adds an item that the draft has already: one stands for both, unless they ask for different things. */
  #addTwin(item: Item, size: number): Batch<Item, Detail> | undefined {
    const { items } = this.#draft
    const identity = identityOf(item)
    this.#places ??= placesIn(this.#draft)
    const index = this.#places.get(identity) as number
    const earlier = items[index] as Item
    const grown = this.#bytes + size - (this.operation.measure(earlier, this.now) as number)
    const merges = this.operation.interchangeable(earlier, item) && grown <= this.limits.bytes
    const cut = merges ? undefined : this.#cut()
    const added = this.#draft.add(item)
    if (merges) this.#draft.merge(index, added)
    else this.#seen.add(identity)
    this.#places?.set(identity, added)
    this.#bytes = merges ? grown : this.#bytes + size
    return cut
  }

  #cut(): Batch<Item, Detail> {
    const batch = this.#draft
    this.#draft = this.#start()
    return batch
  }

  #start(): Batch<Item, Detail> {
    this.#seen = new Set()
    this.#places = undefined
    this.#bytes = this.operation.envelopeBytes
    return new Batch(this.taken)
  }
}

/** The items of a batch that go out together, by identity. */
function placesIn<Item, Detail extends object>(batch: Batch<Item, Detail>): Map<string, number> {
  const lone = new Set(batch.alone)
  const places = new Map<string, number>()
  for (const [index, item] of batch.items.entries())
    if (batch.isOpen(index) && !lone.has(index)) places.set(identityOf(item), index)
  return places
}
