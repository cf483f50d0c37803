import { keyOf, versionOf } from '../items.js'
import type { Done, Written } from '../operation.js'
import type { FailedKey } from '../report.js'

/** Why an item is not done. */
export interface Reason {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly status?: number | undefined
  readonly requestId?: string | undefined
}

/** What an attempt that did not do an item has shown. */
export interface Attempted {
  /** Whether a request left at all; if not, it is no attempt of the item's. */
  readonly sent?: boolean
  /** It may pass, so it counts against the attempts an item has. */
  readonly transient: boolean
  /** The request may have reached the store. */
  readonly arrived: boolean
  /** The item may have been applied all the same. */
  readonly unsure: boolean
}

/** A key that is done, with what the store said of it. */
export interface DoneKey {
  readonly key: string
  readonly versionId?: string
}

/** Done, and nothing to say beyond the key. */
const PLAIN: Done<never> = { done: undefined }
/** Would have been sent. */
const PLANNED = 'planned'

/** What is counted of each item. */
const ATTEMPTS = 0
const FAILURES = 1
const ARRIVED = 2
const UNSURE = 3
const COUNTS = 4

type Fate<Detail> = Done<Detail> | FailedKey | typeof PLANNED

/** A contiguous piece of the input, and what has become of each of its items. */
export class Batch<Item, Detail extends object> {
  readonly items: Item[]
  /** What was written of the items when they were cut; taken by the first request. */
  written: Written | undefined
  /** For an item that another of the batch stands for: the index of that other. */
  readonly twins: Map<number, number> = new Map()
  /** Items that no batch can carry, by index. */
  readonly alone: number[] = []
  #open: number
  /** Absent while every settled item is plainly done, which is how nearly every batch ends. */
  #fates: (Fate<Detail> | undefined)[] | undefined
  /** `COUNTS` numbers for each item; absent while every attempt has done its items. */
  #counts: Uint16Array | undefined

  constructor(
    readonly offset: number,
    items: Item[] = [],
    written?: Written,
  ) {
    this.items = items
    this.#open = items.length
    this.written = written
  }

  /** Takes an item in, and gives its index. */
  add(item: Item): number {
    this.#open++
    return this.items.push(item) - 1
  }

  /** Lets a later item stand for an earlier one. */
  merge(earlier: number, later: number): void {
    this.twins.set(earlier, later)
    this.#open--
  }

  get isSettled(): boolean {
    return this.#open === 0
  }

  /** Whether every item can go out in one request. */
  get isIntact(): boolean {
    return this.#open === this.items.length && this.alone.length === 0 && this.items.length > 0
  }

  isOpen(index: number): boolean {
    return !this.isSettled && this.#fates?.[index] === undefined && !this.twins.has(index)
  }

  /** Every item is plainly done. For a batch that went out whole, in one request. */
  doneWhole(): void {
    if (!this.#fates) this.#open = 0
    else for (let index = 0; index < this.items.length; index++) if (this.isOpen(index)) this.#settle(index, PLAIN)
  }

  done(index: number, detail: Detail | undefined): void {
    this.#settle(index, detail === undefined ? PLAIN : { done: detail })
  }

  planned(index: number): void {
    this.#settle(index, PLANNED)
  }

  /** Notes an attempt that did not do the item. */
  attempted(index: number, { sent = true, transient, arrived, unsure }: Attempted): void {
    if (sent) this.#count(index, ATTEMPTS)
    if (transient) this.#count(index, FAILURES)
    if (arrived) this.#count(index, ARRIVED)
    if (unsure) this.#count(index, UNSURE)
  }

  /** How many requests have carried an item. */
  attempts(index: number): number {
    return this.#counted(index, ATTEMPTS)
  }

  /** How many of an item's attempts failed in a way that may pass. */
  failures(index: number): number {
    return this.#counted(index, FAILURES)
  }

  /** Settles an item as failed, for the reason given and with what its attempts have shown. */
  fail(index: number, reason: Reason): void {
    this.#settle(index, {
      ...namedBy(this.items[index]),
      code: reason.code,
      message: reason.message,
      outcome:
        this.#counted(index, UNSURE) > 0 ? 'unknown' : this.#counted(index, ARRIVED) > 0 ? 'refused' : 'not-sent',
      retryable: reason.retryable,
      attempts: this.attempts(index),
      ...(reason.status !== undefined && { status: reason.status }),
      ...(reason.requestId !== undefined && { requestId: reason.requestId }),
    })
  }

  /** What became of the items, in their order. */
  report(): { done: DoneKey[]; failed: FailedKey[] } {
    const done: DoneKey[] = []
    const failed: FailedKey[] = []
    const fates = this.#fates
    if (!fates && this.twins.size === 0) return { done: this.items.map((item) => doneKey(item, undefined)), failed }
    for (let index = 0; index < this.items.length; index++) {
      const fate = fates?.[this.#representative(index)]
      if (fate === PLANNED) continue
      if (fate === undefined || 'done' in fate) done.push(doneKey(this.items[index], fate?.done))
      else failed.push(fate)
    }
    return { done, failed }
  }

  #count(index: number, what: number): void {
    this.#counts ??= new Uint16Array(COUNTS * this.items.length)
    this.#counts[COUNTS * index + what] = this.#counted(index, what) + 1
  }

  #counted(index: number, what: number): number {
    return this.#counts?.[COUNTS * index + what] ?? 0
  }

  #settle(index: number, fate: Fate<Detail>): void {
    this.#fates ??= new Array(this.items.length)
    if (this.#fates[index] === undefined) this.#open--
    this.#fates[index] = fate
  }

  #representative(index: number): number {
    if (this.twins.size === 0) return index
    let last = index
    for (let next = this.twins.get(last); next !== undefined; next = this.twins.get(last)) last = next
    return last
  }
}

/** The key and the version that an item names. */
function namedBy(item: unknown): DoneKey {
  const version = versionOf(item)
  return { key: keyOf(item), ...(version !== undefined && { versionId: version }) }
}

const doneKey = (item: unknown, detail: object | undefined): DoneKey =>
  typeof item === 'string' && detail === undefined ? { key: item } : { ...namedBy(item), ...detail }
