import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pace } from '../../src/engine/pace.js'
import { judge, simulate, type Throttle } from './simulated-store.js'

const paceOf = (concurrency = 8) =>
  new Pace({ concurrency, maxItems: 1000, maxDelayMs: 20_000, countsItems: true }, () => 0.5)

/** Sends full requests, all at once, that are all answered 10 ms later. */
function round(pace: Pace, now: number, refused: readonly boolean[], askedMs?: number) {
  for (const _ of refused) pace.started(1000, now)
  for (const isRefused of refused)
    pace.answered({ startedAt: now, items: 1000, refused: isRefused ? 1000 : 0, askedMs }, now + 10)
}

const all = (count: number) => new Array<boolean>(count).fill(true)
const none = (count: number) => new Array<boolean>(count).fill(false)
const constant = (limit: number, seconds: number) => new Array<number>(seconds).fill(limit)

describe('a store that hardly objects', () => {
  test('is sent as much as asked for from the start', () => {
    const pace = paceOf()
    for (let now = 0; now < 10_000; now += 10) {
      expect([pace.concurrency, pace.items, pace.wait(now)]).toEqual([8, 1000, 0])
      round(pace, now, none(8))
    }
  })

  test.each([0, 100_000])(
    'sees half as many requests at once after a burst of refusals, and soon as many as before: %i',
    (start) => {
      const pace = paceOf()
      round(pace, start, [...none(5), ...all(3)])
      expect(pace.concurrency).toBe(4)
      for (let now = 20; now < 100; now += 20) round(pace, start + now, none(4))
      expect(pace.concurrency).toBe(5)
      for (let now = 100; now < 300; now += 20) round(pace, start + now, none(5))
      expect(pace.concurrency).toBe(8)
      expect([pace.items, pace.wait(start + 300)]).toEqual([1000, 0])
    },
  )

  test('is not left alone by all where it asks some to wait', () => {
    const pace = paceOf()
    round(pace, 0, [...none(5), ...all(3)], 3_000)
    expect(pace.wait(20)).toBe(0)
  })

  test.each([2, 3, 40])(
    'is hardly spared where request number %i is refused each time, as no rate is to blame',
    (nth) => {
      const pace = paceOf(1)
      let now = 0
      for (let request = 0; request < 1_000; request++) {
        expect(pace.items).toBe(1000)
        now += pace.wait(now)
        round(pace, now, [request % nth === nth - 1])
        now += 10
      }
      expect(now).toBeLessThan(1.5 * 1_000 * 10)
    },
  )
})

describe('a store without a limit', () => {
  const SECONDS = 120
  const limits = constant(1e9, SECONDS)
  const course = { throttle: 'requests', limits, latencyMs: 20 } as const
  const full = judge(simulate(course), limits).goodput
  const storm = (now: number) => now >= 2_000 && now < 5_000

  describe.each([true, false])('that is said to count items: %s', (countsItems) => {
    test.each([0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3])(
      'is sent at least half of what it takes where it refuses some at random: %f',
      (share) => {
        for (const seed of [1, 2, 3]) {
          const fresh = simulate({ ...course, countsItems, seed, stumbles: () => share })
          expect(judge(fresh, limits).goodput).toBeGreaterThan(0.5 * (1 - share) * full)
          const later = simulate({ ...course, countsItems, seed, stumbles: (now) => (storm(now) ? 1 : share) })
          expect(judge(later, limits).goodput).toBeGreaterThan(0.5 * (1 - share) * full)
        }
      },
    )
  })

  test.each([10, 20, 100])(
    'is soon sent all it takes after 16 early refusals, with answers after %i ms',
    (latencyMs) => {
      for (const seed of [1, 2, 3]) {
        let [left, last] = [16, 0]
        const stumbles = (now: number) => {
          if (left > 0) last = now
          return left-- > 0 ? 1 : 0
        }
        const seconds = simulate({ ...course, latencyMs, seed, stumbles })
        const most = Math.max(...seconds.map(({ done }) => done[0] as number))
        const back = seconds.findIndex(({ done }) => (done[0] as number) > 0.8 * most)
        expect(1000 * back - last).toBeLessThan(3_500)
        expect(seconds.slice(0, back).reduce((total, { requests }) => total + requests, 0)).toBeLessThan(800)
      }
    },
  )

  test.each([0.02, 0.1, 0.5])('but for its limit of %f of that is used to the limit', (share) => {
    for (const throttle of ['requests of items', 'items'] as const)
      for (const clients of [1, 8]) {
        const limits = constant(clients * share * (clients > 1 ? 0.5 : 1) * full * 1e9, 60)
        const { goodput, wasted } = judge(
          simulate({ throttle, clients, limits, latencyMs: 20 }).slice(10),
          limits.slice(10),
        )
        expect(goodput).toBeGreaterThan(0.9)
        expect(wasted).toBeLessThan(0.06)
      }
  })
})

describe('a store that is late', () => {
  test('sees half as many requests at once, once for one burst, and soon as many as before', () => {
    const pace = paceOf()
    for (const now of [1000, 1001, 1999]) pace.late(0, now)
    expect(pace.concurrency).toBe(4)
    round(pace, 1000, none(4))
    pace.late(1000, 2000)
    expect(pace.concurrency).toBe(2)
    for (let now = 2000; now < 2200; now += 10) round(pace, now, none(2))
    expect(pace.concurrency).toBe(8)
    expect([pace.items, pace.wait(2300)]).toEqual([1000, 0])
  })

  test('with all of them sees a quarter, not less: it may be dead, and that is to be found out', () => {
    const pace = paceOf()
    const concurrencies = [0, 1000, 2000, 3000].map((now) => {
      pace.late(now, now + 1000)
      return pace.concurrency
    })
    expect(concurrencies).toEqual([4, 2, 2, 2])
    round(pace, 4000, none(1))
    pace.late(5000, 6000)
    expect(pace.concurrency).toBe(1)
    pace.late(6000, 7000)
    expect(pace.concurrency).toBe(1)
  })

  test('while a rate holds it changes nothing, for that is below what it takes', () => {
    const pace = paceOf()
    for (let now = 0; now < 100; now += 20) round(pace, now, all(2))
    expect(pace.wait(100)).toBeGreaterThan(0)
    const before = [pace.concurrency, pace.items, pace.wait(200)]
    pace.late(100, 200)
    expect([pace.concurrency, pace.items, pace.wait(200)]).toEqual(before)
  })
})

describe('a store that refuses most', () => {
  test('is sent fewer requests at once, then smaller ones, some time apart', () => {
    const pace = paceOf()
    round(pace, 0, all(8))
    expect(pace.concurrency).toBe(4)
    expect(pace.items).toBeLessThan(1000)
    expect(pace.wait(10)).toBeGreaterThan(0)
  })

  test('slows a run down once for one burst of refusals', () => {
    const pace = paceOf()
    const waitAfterTen = () => {
      pace.started(10, 30)
      return pace.wait(30)
    }
    round(pace, 0, all(8))
    const wait = waitAfterTen()
    for (let late = 0; late < 8; late++) pace.answered({ startedAt: 0, items: 1000, refused: 1000 }, 30)
    expect([pace.concurrency, waitAfterTen()]).toEqual([4, wait])
    pace.answered({ startedAt: 10, items: 10, refused: 10 }, 30)
    expect(waitAfterTen()).toBeGreaterThan(wait)
    expect(pace.concurrency).toBe(4)
  })

  test('is not asked in step by clients that were refused at once', () => {
    const waits = [0, 0.5, 1].map((dice) => {
      const limits = { concurrency: 8, maxItems: 1000, maxDelayMs: 20_000, countsItems: true }
      const pace = new Pace(limits, () => dice)
      round(pace, 0, all(9))
      pace.started(100, 20)
      return pace.wait(20)
    })
    expect([waits[0], waits[2]]).toEqual([expect.closeTo((waits[1] ?? 0) / 2), expect.closeTo(1.5 * (waits[1] ?? 0))])
  })

  test('a part of each request is taken to count items, whatever is said', () => {
    const pace = new Pace({ concurrency: 8, maxItems: 1000, maxDelayMs: 20_000, countsItems: false }, () => 0.5)
    for (let answer = 0; answer < 8; answer++) {
      pace.started(1000, 0)
      pace.answered({ startedAt: 0, items: 1000, refused: 999 }, 10)
    }
    expect(pace.items).toBeLessThan(1000)
  })

  test('is slowed down to also where a slower rate was in vain before', () => {
    const pace = paceOf(1)
    let [now, wasPaced] = [0, false]
    for (let request = 0; !wasPaced || pace.wait(now) > 0; request++) {
      now += pace.wait(now)
      round(pace, now, [request % 2 === 0])
      wasPaced ||= pace.wait(now) > 0
      now += 10
    }
    for (let request = 0; request < 10; request++, now += 20) round(pace, now, all(1))
    expect(pace.wait(now)).toBeGreaterThan(0)
  })

  test('is tried with more all the more carefully, the rarer requests are', () => {
    const pace = new Pace({ concurrency: 8, maxItems: 1000, maxDelayMs: 20_000, countsItems: false }, () => 0.5)
    const rateAt = (now: number) => {
      pace.wait(now)
      pace.started(1000, now)
      return 1_000_000 / pace.wait(now)
    }
    for (const now of [0, 20, 40]) round(pace, now, all(8))
    const [before, after] = [rateAt(50), rateAt(3_050)]
    expect(after).toBeGreaterThan(1.5 * before)
    expect(after).toBeLessThan(2.5 * before)
  })

  /** One that tries full requests again, as small ones were refused, too. */
  function testing() {
    const pace = paceOf()
    round(pace, 0, all(8))
    let now = 1_000
    let wasSmall = false
    for (; !wasSmall || pace.items < 1000; now += 100) {
      const { items } = pace
      wasSmall ||= items < 1000
      pace.started(items, now)
      pace.answered({ startedAt: now, items, refused: items }, now + 10)
      expect(now).toBeLessThan(5_000)
    }
    return { pace, now }
  }

  test('gets small requests again where a full one is refused, whatever became of small ones meanwhile', () => {
    const { pace, now } = testing()
    for (let small = 0; small < 5; small++) pace.answered({ startedAt: now, items: 10, refused: 0 }, now + 10)
    expect(pace.items).toBe(1000)
    round(pace, now, all(1))
    expect(pace.items).toBeLessThan(500)
  })

  test('gets as many full requests as small ones, once these are known to pass', () => {
    const { pace, now } = testing()
    round(pace, now, none(2))
    const waitAfterOne = (at: number) => {
      pace.started(1000, at)
      return pace.wait(at)
    }
    // As far apart as small ones were, and a little more, as most were refused.
    const wait = waitAfterOne(now + 20)
    expect(wait).toBeGreaterThan(70)
    expect(wait).toBeLessThan(350)
    pace.answered({ startedAt: now + 20, items: 1000, refused: 1000 }, now + 25)
    expect(waitAfterOne(now + 30)).toBeLessThan(2 * wait)
  })

  test('is left alone for as long as it asks, but not for longer than the longest wait', () => {
    for (const [askedMs, patience] of [
      [3_000, 3_000],
      [60_000, 20_000],
    ] as const) {
      const pace = paceOf()
      round(pace, 0, all(8), askedMs)
      for (let now = 10; now < 10 + patience; now += 500) expect(pace.wait(now)).toBeGreaterThan(0)
      expect(pace.wait(10 + patience)).toBe(0)
    }
  })

  test('gets no more than what was asked for, and no less than one item, whatever it answers', () => {
    const answers = fc.array(fc.record({ after: fc.nat({ max: 3_000 }), share: fc.constantFrom(0, 0, 0.1, 1, 1) }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), answers, (most, course) => {
        const pace = paceOf(most)
        let now = 0
        for (const { after, share } of course) {
          const { items } = pace
          pace.started(items, now)
          pace.answered({ startedAt: now, items, refused: Math.ceil(items * share) }, now + 5)
          now += 5 + after
          expect(pace.concurrency).toBeGreaterThanOrEqual(1)
          expect(pace.concurrency).toBeLessThanOrEqual(most)
          expect(pace.items).toBeGreaterThanOrEqual(1)
          expect(pace.items).toBeLessThanOrEqual(1000)
          expect(pace.wait(now)).toBeGreaterThanOrEqual(0)
          // Whatever it answered, it is asked again.
          expect(pace.wait(now + 20_001)).toBe(0)
        }
      }),
    )
  })
})

describe.each<Throttle>(['requests of items', 'items'])('a store that counts items and refuses %s', (throttle) => {
  test('is used nearly to its limit, with few refusals, whatever the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 120_000 }), fc.integer(), (limit, seed) => {
        const limits = constant(limit, 60)
        const { goodput, wasted } = judge(simulate({ throttle, limits, seed }).slice(10), limits.slice(10))
        expect(goodput).toBeGreaterThan(0.85)
        expect(goodput).toBeLessThan(1.05)
        expect(wasted).toBeLessThan(0.1)
      }),
      { numRuns: 30 },
    )
  })

  test('is followed when its limit moves', () => {
    const limits = [4_000, 8_000, 2_000, 6_000, 1_000, 5_000].flatMap((limit) => constant(limit, 20))
    for (const seed of [1, 2, 3]) {
      const { goodput, wasted } = judge(simulate({ throttle, limits, seed }), limits)
      expect(goodput).toBeGreaterThan(0.9)
      expect(wasted).toBeLessThan(0.1)
    }
  })

  test('is shared alike by eight clients', () => {
    const limits = [4_000, 8_000, 2_000].flatMap((limit) => constant(limit, 60))
    for (const seed of [1, 2, 3]) {
      const { goodput, wasted, spread } = judge(simulate({ throttle, clients: 8, limits, seed }), limits)
      expect(goodput).toBeGreaterThan(0.95)
      expect(wasted).toBeLessThan(0.1)
      expect(spread).toBeLessThan(1.4)
    }
  })

  test('is used to its limit also where answers take long', () => {
    const limits = [4_000, 8_000, 2_000].flatMap((limit) => constant(limit, 30))
    for (const clients of [1, 8]) {
      const { goodput, wasted } = judge(simulate({ throttle, clients, limits, latencyMs: 300 }), limits)
      expect(goodput).toBeGreaterThan(0.9)
      expect(wasted).toBeLessThan(0.13)
    }
  })

  test('is soon sent all there is once it has no limit any more', () => {
    const limits = [...constant(2_000, 20), ...constant(1e9, 30)]
    const seconds = simulate({ throttle, limits })
    const full = judge(simulate({ throttle, limits: constant(1e9, 5) }), constant(1e9, 5)).goodput
    expect(judge(seconds.slice(-5), limits.slice(-5)).goodput).toBeGreaterThan(0.9 * full)
  })
})

describe('a store that counts requests', () => {
  test.each([3, 5, 10, 40])('and takes %i a second is sent full ones', (limit) => {
    const limits = constant(limit, 120)
    const { goodput, wasted, itemsPerRequest } = judge(
      simulate({ throttle: 'requests', limits }).slice(60),
      limits.slice(60),
    )
    expect(goodput / 1000).toBeGreaterThan(0.85)
    expect(wasted).toBeLessThan(0.2)
    expect(itemsPerRequest).toBeGreaterThan(800)
  })
})

test('eight clients obey a store that asks for patience, and still use it to its limit', () => {
  const limits = [4_000, 8_000, 2_000].flatMap((limit) => constant(limit, 20))
  const { goodput, wasted } = judge(
    simulate({ throttle: 'requests of items', clients: 8, limits, askedMs: 1_000 }),
    limits,
  )
  expect(goodput).toBeGreaterThan(0.9)
  expect(wasted).toBeLessThan(0.13)
})
