import { type Flaw, identityOf } from '../items.js'
import { ALONE, type Operation, type Whole } from '../operation.js'
import { Batch } from './batch.js'

/** What one request may hold; lowered while a run goes on, where a store turns out to take less than documented. */
export interface Limits {
  items: number
  bytes: number
}

/** Each of these is a request of its own, and may be long: a batch of many would hold much for a long time. */
const MOST_ALONE = 16

/** What is said of an item that throws when it is looked at. */
const UNREADABLE: Flaw = { code: 'InvalidKey', message: 'it cannot be read' }

/** A batch in the making: items are added one by one, each looked at and measured. */
export class Draft<Item, Detail extends object> {
  /** The index in the input of the next item. */
  #index = 0
  #batch = new Batch<Item, Detail>(0)
  #bytes: number
  /** Each item as it stands in a body; empty for those that are in none. */
  #texts: string[] = []
  #seen = new Set<string>()
  /** Where each item stands; made when the first duplicate turns up, which in most batches none does. */
  #places: Map<string, number> | undefined

  constructor(
    private readonly operation: Operation<Item, Detail>,
    private readonly limits: Readonly<Limits>,
    private readonly now: () => number,
  ) {
    this.#bytes = operation.envelopeBytes
  }

  get isEmpty(): boolean {
    return this.#batch.items.length === 0
  }

  /** A batch of items whose body is written already, while there is nothing in the making. */
  whole(items: Item[], written: Whole): Batch<Item, Detail> {
    const batch = new Batch<Item, Detail>(this.#index, items, written)
    this.#index += items.length
    this.#restart()
    return batch
  }

  /** Adds the next item. Gives the batch before it where it does not fit, or the one that it fills. */
  add(item: Item): Batch<Item, Detail> | undefined {
    const cut = this.#place(item)
    this.#index++
    return cut ?? (this.#batch.items.length >= this.limits.items ? this.cut() : undefined)
  }

  /** The batch as it is; another one begins. */
  cut(): Batch<Item, Detail> {
    const batch = this.#batch
    batch.written = this.#texts
    this.#restart()
    return batch
  }

  #place(item: Item): Batch<Item, Detail> | undefined {
    const text = this.#write(item)
    if (text === ALONE) {
      const cut = this.#batch.alone.length >= MOST_ALONE ? this.cut() : undefined
      this.#batch.alone.push(this.#include(item, ''))
      return cut
    }
    if (typeof text === 'object') {
      this.#batch.fail(this.#include(item, ''), { ...text, retryable: false })
      return undefined
    }
    const size = this.operation.measure(text)
    const known = this.#seen.size
    if (known === this.#seen.add(identityOf(item)).size) return this.#placeTwin(item, text, size)
    const cut = known > 0 && this.#bytes + size > this.limits.bytes ? this.cut() : undefined
    if (cut) this.#seen.add(identityOf(item))
    const index = this.#include(item, text)
    this.#places?.set(identityOf(item), index)
    this.#bytes += size
    return cut
  }

  /** Adds an item that the batch has already: one stands for both, unless they ask for different things. */
  #placeTwin(item: Item, text: string, size: number): Batch<Item, Detail> | undefined {
    const { items } = this.#batch
    const identity = identityOf(item)
    this.#places ??= placesIn(this.#batch)
    const index = this.#places.get(identity) as number
    const grown = this.#bytes + size - this.operation.measure(this.#texts[index] as string)
    const merges = this.operation.interchangeable(items[index] as Item, item) && grown <= this.limits.bytes
    const cut = merges ? undefined : this.cut()
    const added = this.#include(item, text)
    if (merges) this.#batch.merge(index, added)
    else this.#seen.add(identity)
    this.#places?.set(identity, added)
    this.#bytes = merges ? grown : this.#bytes + size
    return cut
  }

  #write(item: Item): ReturnType<Operation<Item, Detail>['write']> {
    try {
      return this.operation.write(item, this.now)
    } catch {
      return UNREADABLE
    }
  }

  #include(item: Item, text: string): number {
    this.#texts.push(text)
    return this.#batch.add(item)
  }

  #restart(): void {
    if (this.#seen.size > 0) this.#seen = new Set()
    this.#places = undefined
    this.#bytes = this.operation.envelopeBytes
    this.#texts = []
    this.#batch = new Batch(this.#index)
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
