import type { Operation, Refusal } from '../operation.js'
import type { Attempted, Batch, Reason } from './batch.js'

/** Where an item stands. */
export interface Slot<Item, Detail extends object> {
  readonly batch: Batch<Item, Detail>
  readonly index: number
  /** Why its last attempt failed, if it had one. */
  readonly reason?: Reason
}

/** The requests that come from one that was split. */
export interface Family {
  /** Parts sent since one of them last succeeded. */
  fruitless: number
}

/** Items that travel in one request. */
export interface Parcel<Item, Detail extends object> {
  readonly operation: Operation<Item, Detail>
  readonly items: readonly Item[]
  /** One for each item; absent for a batch that goes out whole. */
  readonly slots?: readonly Slot<Item, Detail>[]
  readonly batch: Batch<Item, Detail>
  /** Attempts so far. */
  readonly attempts: number
  /** Why the last one failed. */
  readonly reason?: Reason
  /** Set where it is part of a request that was refused. */
  readonly family?: Family
  /** Whether the clock or the credentials were mended already. */
  readonly mended?: boolean
}

/** The requests a fresh batch needs: one for what can go together, one for each item that must go alone. */
export function parcelsOf<Item, Detail extends object>(
  batch: Batch<Item, Detail>,
  operation: Operation<Item, Detail>,
): Parcel<Item, Detail>[] {
  const parcels: Parcel<Item, Detail>[] = []
  const lone = new Set(batch.alone)
  const indexes = batch.items.flatMap((_, index) => (batch.isOpen(index) && !lone.has(index) ? [index] : []))
  if (indexes.length === batch.items.length) parcels.push({ operation, items: batch.items, batch, attempts: 0 })
  else if (indexes.length > 0) parcels.push(parcelOf(operation, slotsAt(batch, indexes)))
  if (operation.fallback)
    for (const index of batch.alone) parcels.push(parcelOf(operation.fallback, slotsAt(batch, [index])))
  return parcels
}

/** A request of its own for some items, wherever they stand; `slots` is not empty. */
export function parcelOf<Item, Detail extends object>(
  operation: Operation<Item, Detail>,
  slots: readonly Slot<Item, Detail>[],
  history: Partial<Pick<Parcel<Item, Detail>, 'attempts' | 'reason' | 'family' | 'mended'>> = {},
): Parcel<Item, Detail> {
  const [first] = slots as readonly [Slot<Item, Detail>]
  const items = slots.map(({ batch, index }) => batch.items[index] as Item)
  return { operation, items, slots, batch: first.batch, attempts: 0, ...history }
}

/** The slots of a parcel's items, in their order. */
export function slotsOf<Item, Detail extends object>(parcel: Parcel<Item, Detail>): readonly Slot<Item, Detail>[] {
  return parcel.slots ?? parcel.items.map((_, index) => ({ batch: parcel.batch, index }))
}

/** Cuts a parcel into pieces of at most `size` items. */
export function pieces<Item, Detail extends object>(
  parcel: Parcel<Item, Detail>,
  size: number,
  history: Partial<Pick<Parcel<Item, Detail>, 'attempts' | 'reason' | 'family' | 'mended'>>,
): Parcel<Item, Detail>[] {
  const slots = slotsOf(parcel)
  const parts: Parcel<Item, Detail>[] = []
  for (let start = 0; start < slots.length; start += size)
    parts.push(parcelOf(parcel.operation, slots.slice(start, start + size), history))
  return parts
}

const slotsAt = <Item, Detail extends object>(batch: Batch<Item, Detail>, indexes: readonly number[]) =>
  indexes.map((index): Slot<Item, Detail> => ({ batch, index }))

/** What a refusal of a whole request shows of each of its items. */
export const attemptedBy = (refusal: Refusal, transient: boolean): Attempted => ({
  transient,
  arrived: refusal.arrived !== false,
  unsure: refusal.unsure,
})
