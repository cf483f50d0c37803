import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMs, retryDelay } from '../../src/engine/retry.js'

describe('retryDelay', () => {
  const policy = { maxAttempts: 5, baseDelayMs: 100, maxDelayMs: 1_000 }

  test.each([
    { failures: 1, random: 0, asked: undefined, delay: 0 },
    { failures: 1, random: 0.5, asked: undefined, delay: 50 },
    { failures: 2, random: 0.5, asked: undefined, delay: 100 },
    { failures: 4, random: 0.5, asked: undefined, delay: 400 },
    { failures: 4, random: 0.5, asked: 30, delay: 400 },
    { failures: 1, random: 0.5, asked: 300, delay: 300 },
    { failures: 1, random: 0.5, asked: 1_000, delay: 1_000 },
    { failures: 1, random: 0.5, asked: 1_001, delay: undefined },
    { failures: 1, random: 0.5, asked: Number.POSITIVE_INFINITY, delay: undefined },
    { failures: 5, random: 0.5, asked: undefined, delay: undefined },
    { failures: 6, random: 0.5, asked: 0, delay: undefined },
  ])('after $failures failures, $random drawn and $asked asked: $delay', ({ failures, random, asked, delay }) => {
    expect(retryDelay(policy, failures, () => random, asked)).toBe(delay)
  })

  test('is never negative, never above the most, never below what was asked', () => {
    const whole = fc.nat({ max: 100_000 })
    fc.assert(
      fc.property(
        fc.record({ maxAttempts: fc.integer({ min: 1, max: 1_000 }), baseDelayMs: whole, maxDelayMs: whole }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(whole, { nil: undefined }),
        (any, failures, random, asked) => {
          const delay = retryDelay(any, failures, () => random, asked)
          if (delay === undefined) expect(failures >= any.maxAttempts || (asked ?? 0) > any.maxDelayMs).toBe(true)
          else {
            expect(delay).toBeGreaterThanOrEqual(asked ?? 0)
            expect(delay).toBeLessThanOrEqual(any.maxDelayMs)
          }
        },
      ),
    )
  })
})

test.each([
  ['7', 7_000],
  [' 0 ', 0],
  ['120', 120_000],
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['1.5', 1_500],
  ['-5', undefined],
  ['in 5', undefined],
  ['1.2.30', undefined],
  ['2100-01-01T00:00:10Z', undefined],
  ['Friday, 01-Jan-00 00:00:10 GMT', 0],
  ['Fri, 01 Jan 2100 00:00:10 GMT', 10_000],
  ['Thu, 31 Dec 2099 23:59:00 GMT', 0],
])('a Retry-After of %o asks for %o ms', (value, expected) => {
  expect(retryAfterMs(value, () => Date.UTC(2100, 0, 1))).toBe(expected)
})
