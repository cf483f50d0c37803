import { describe, expect, test, vi } from 'vitest'
import type { AttemptResult } from '../../src/engine/attempt.js'
import { remedyFor } from '../../src/engine/remedy.js'
import type { Store } from '../../src/engine/store.js'
import type { Refusal } from '../../src/operation.js'
import type { Detail } from './fixtures.js'

describe('a remedy', () => {
  const now = Date.UTC(2026, 0, 1)
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' }
  const storeOf = (skewMs = 0, renews = true) =>
    ({ skewMs, clock: () => new Date(now), credentials: { renew: vi.fn(() => renews) } }) as unknown as Store
  const refusal = (remedy: Refusal['remedy'], serverTime?: Date): Refusal =>
    ({ kind: 'refusal', code: 'No', message: 'no', remedy, unsure: false, serverTime }) as Refusal
  const result = { skewMs: 0, credentials } as unknown as AttemptResult<Detail>

  test.each([
    { what: 'is off', at: now + 60_000, remedy: 'reclock', skewMs: 60_000 },
    { what: 'is off the other way', at: now - 3_600_000, remedy: 'reclock', skewMs: -3_600_000 },
    { what: 'is right', at: now + 59_999, remedy: 'halt', skewMs: 0 },
    { what: 'is off by a century', at: Date.UTC(2101, 0, 1), remedy: 'halt', skewMs: 0 },
    { what: 'is off to the last believable year', at: Date.UTC(2100, 11, 31), remedy: 'reclock', skewMs: undefined },
    { what: 'is off to the first believable year', at: Date.UTC(2015, 0, 1), remedy: 'reclock', skewMs: undefined },
    { what: 'is off to the time before', at: Date.UTC(2014, 11, 31), remedy: 'halt', skewMs: 0 },
    { what: 'cannot be told', at: undefined, remedy: 'halt', skewMs: 0 },
  ])('where the clock $what: $remedy', ({ at, remedy, skewMs }) => {
    const store = storeOf()
    const serverTime = at === undefined ? undefined : new Date(at)
    expect(remedyFor(refusal('reclock', serverTime), result, [], store)).toBe(remedy)
    expect(store.skewMs).toBe(skewMs ?? (at as number) - now)
  })

  test('is measured from the clock as it was corrected for the request', () => {
    const corrected = { ...result, skewMs: 60_000 }
    const store = storeOf(60_000)
    expect(remedyFor(refusal('reclock', new Date(now + 61_000)), corrected, [], store)).toBe('halt')
    expect(remedyFor(refusal('reclock', new Date(now)), corrected, [], store)).toBe('reclock')
    expect(store.skewMs).toBe(0)
  })

  test('where another request has mended the clock meanwhile is to try again', () => {
    const store = storeOf(5_000)
    expect(remedyFor(refusal('reclock'), result, [], store)).toBe('reclock')
    expect(store.skewMs).toBe(5_000)
  })

  test('of clock or credentials is tried once', () => {
    const store = storeOf()
    expect(remedyFor(refusal('reclock', new Date(now + 1e6)), result, ['reclock', 'renew'], store)).toBe('halt')
    expect(remedyFor(refusal('renew'), result, ['reclock', 'renew'], store)).toBe('halt')
    expect([store.skewMs, vi.mocked(store.credentials.renew).mock.calls]).toEqual([0, []])
  })

  test('is new credentials, where there are any', () => {
    const store = storeOf()
    expect(remedyFor(refusal('renew'), result, [], store)).toBe('renew')
    expect(vi.mocked(store.credentials.renew).mock.calls).toEqual([[credentials]])
    expect(remedyFor(refusal('renew'), result, [], storeOf(0, false))).toBe('halt')
    const { credentials: _, ...without } = result
    expect(remedyFor(refusal('renew'), without, [], storeOf())).toBe('halt')
  })

  test.each(['retry', 'slow', 'split', 'fewer-items', 'fewer-bytes', 'none', 'halt'] as const)(
    'that concerns neither stays as it is: %s',
    (remedy) => {
      for (const mended of [['reclock', 'renew'], []] as const)
        expect(remedyFor(refusal(remedy), result, mended, storeOf())).toBe(remedy)
    },
  )
})
