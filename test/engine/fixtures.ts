import { expect } from 'vitest'
import { Batch } from '../../src/engine/batch.js'
import type { Parcel } from '../../src/engine/parcel.js'
import { ALONE, type Operation } from '../../src/operation.js'

export type Item = string | { readonly key: string; readonly versionId: string }
export interface Detail {
  readonly deleteMarker?: boolean
}

export const reason = { code: 'No', message: 'no', retryable: false }
export const batchOf = (...items: Item[]) => new Batch<Item, Detail>(0, items)
const call = (name: string) => ({
  name,
  encode: () => expect.fail('not asked for'),
  decode: () => expect.fail('not asked for'),
})
export const operation: Operation<Item, Detail> = {
  ...call('Test'),
  ...{ maxItems: 3, maxBytes: 100, envelopeBytes: 10, interchangeable: () => true },
  write: (item) => (typeof item === 'string' ? `${item},` : ALONE),
  measure: (text) => text.length,
  fallback: call('TestOne'),
}
export const parcel = (...items: Item[]): Parcel<Item, Detail> =>
  ({ operation, items, batch: batchOf(...items), attempts: 0 }) as Parcel<Item, Detail>
