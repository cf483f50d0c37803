import { type Call, isWhole, type Operation, type Remedy, type Written } from '../operation.js'
import type { Errand } from './attempt.js'
import type { Batch, Reason } from './batch.js'
import type { Family, Siblings } from './splitter.js'

/** Where an item stands. */
export interface Slot<Item, Detail extends object> {
  readonly batch: Batch<Item, Detail>
  readonly index: number
  /** Why its last attempt failed, if it had one. */
  readonly reason?: Reason
}

/** What a parcel has been through. */
export interface History {
  /** Requests that carried it. */
  readonly attempts: number
  /** Why the last one failed, unless the slots say so one by one. */
  readonly reason?: Reason
  /** Set where it is part of a request that was refused. */
  readonly family?: Family | undefined
  /** The parts it was cut into together with. */
  readonly siblings?: Siblings | undefined
  /** Whether the clock or the credentials were mended for it already: the remedies. */
  readonly mended?: readonly Remedy[]
  /** Whether it was gathered from many batches. */
  readonly pooled?: boolean
}

/** Items that travel in one request. */
export interface Parcel<Item, Detail extends object> extends History, Errand<Item, Detail> {
  /** One for each item; absent for a batch that goes out whole. */
  readonly slots?: readonly Slot<Item, Detail>[]
  /** The batch of the first item. */
  readonly batch: Batch<Item, Detail>
}

/** The requests a fresh batch needs: one for what can go together, one for each item that must go alone. */
export function parcelsOf<Item, Detail extends object>(
  batch: Batch<Item, Detail>,
  operation: Operation<Item, Detail>,
): Parcel<Item, Detail>[] {
  const { items, written } = batch
  batch.written = undefined
  if (batch.isIntact) return [{ operation, items, batch, attempts: 0, written }]
  const lone = new Set(batch.alone)
  const slots = items.flatMap((_, index) => (batch.isOpen(index) && !lone.has(index) ? [{ batch, index }] : []))
  const together =
    slots.length > 0 ? [{ ...parcelOf(operation, slots, { attempts: 0 }), written: partOf(written, slots) }] : []
  const { fallback } = operation
  if (!fallback) return together
  return [...together, ...batch.alone.map((index) => parcelOf(fallback, [{ batch, index }], { attempts: 0 }))]
}

/** What was written of these items, where each stands by itself. */
const partOf = <Item, Detail extends object>(written: Written | undefined, slots: readonly Slot<Item, Detail>[]) =>
  written && !isWhole(written) ? slots.map(({ index }) => written[index] as string) : undefined

/** A request of its own for some items, wherever they stand; `slots` is not empty. */
export function parcelOf<Item, Detail extends object>(
  operation: Call<Item, Detail>,
  slots: readonly Slot<Item, Detail>[],
  history: History,
): Parcel<Item, Detail> {
  const [first] = slots as readonly [Slot<Item, Detail>]
  const items = slots.map(({ batch, index }) => batch.items[index] as Item)
  // Where the history is an older parcel, nothing else of it stays.
  return { mended: [], pooled: false, ...history, written: undefined, operation, items, slots, batch: first.batch }
}

/** The slots of a parcel's items, in their order. */
export function slotsOf<Item, Detail extends object>(parcel: Parcel<Item, Detail>): readonly Slot<Item, Detail>[] {
  return parcel.slots ?? parcel.items.map((_, index) => ({ batch: parcel.batch, index }))
}

/** Cuts the first `size` items off a parcel. */
export function cutOff<Item, Detail extends object>(
  parcel: Parcel<Item, Detail>,
  size: number,
  history: History,
): Parcel<Item, Detail>[] {
  const slots = slotsOf(parcel)
  return [slots.slice(0, size), slots.slice(size)].map((part) => parcelOf(parcel.operation, part, history))
}
