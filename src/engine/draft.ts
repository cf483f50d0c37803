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
  /** Where those stand that are in a body, by identity; the later of two that are merged. */
  #places = new Map<string, number>()

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
    return this.#placeText(item, text)
  }

  /** Adds an item to those in the body. One that it has already stands for both, unless they ask for different things. */
  #placeText(item: Item, text: string): Batch<Item, Detail> | undefined {
    const { operation } = this
    const identity = identityOf(item)
    const twin = this.#places.get(identity)
    const replaced = twin === undefined ? 0 : operation.measure(this.#texts[twin] as string)
    const size = operation.measure(text)
    const fits = this.#places.size === 0 || this.#bytes + size - replaced <= this.limits.bytes
    const isApart = twin !== undefined && !operation.interchangeable(this.#batch.items[twin] as Item, item)
    const cut = fits && !isApart ? undefined : this.cut()
    const index = this.#include(item, text)
    if (!cut && twin !== undefined) {
      this.#batch.merge(twin, index)
      this.#bytes -= replaced
    }
    this.#places.set(identity, index)
    this.#bytes += size
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
    if (this.#places.size > 0) this.#places = new Map()
    this.#bytes = this.operation.envelopeBytes
    this.#texts = []
    this.#batch = new Batch(this.#index)
  }
}
