import { describe, expect, test } from 'vitest'
import { Counting } from '../../src/engine/counting.js'

/** One that is testing, after requests had shrunk to `portion` items and `passed` of them had passed. */
function testing(passed: number, portion = 100): Counting {
  const counting = new Counting(1000, true)
  counting.refused(portion, passed)
  expect(counting.isTesting).toBe(true)
  return counting
}

describe('what a limit counts', () => {
  test('is what the provider says, until something else is seen', () => {
    for (const says of [true, false]) {
      const counting = new Counting(1000, says)
      expect([counting.items, counting.isCertain, counting.isTesting]).toEqual([says, false, false])
      counting.doubt()
      expect(counting.items).toBe(says)
    }
  })

  test('is not put to the test where it is said not to be items', () => {
    const counting = new Counting(1000, false)
    counting.refused(1, 0)
    expect(counting.isTesting).toBe(false)
  })

  test('is put to the test once requests are a quarter of a full one, and again at each half of that', () => {
    const counting = new Counting(1000, true)
    const tests = [251, 250, 126, 125, 63, 62].map((portion) => {
      counting.refused(portion, 0)
      return counting.isTesting
    })
    expect(tests).toEqual([false, true, false, true, false, true])
  })

  test.each([
    [0, 2],
    [4, 2],
    [10, 5],
  ])('is requests where, after %i small ones, %i full ones have passed', (passed, needed) => {
    const counting = testing(passed)
    for (let full = 1; full < needed; full++) {
      expect(counting.tested(false)).toBe(false)
      expect([counting.items, counting.isTesting]).toEqual([true, true])
    }
    expect(counting.tested(false)).toBe(true)
    expect([counting.items, counting.isTesting]).toEqual([false, false])
  })

  test('is items still where a full one is refused', () => {
    const counting = testing(10)
    counting.tested(false)
    expect(counting.tested(true)).toBe(false)
    expect([counting.items, counting.isTesting]).toEqual([true, false])
  })

  test('is items, for certain and without further tests, where some of a request are taken', () => {
    const counting = new Counting(1000, false)
    counting.refusedInPart()
    expect([counting.items, counting.isCertain]).toEqual([true, true])
    counting.refused(2, 0)
    expect(counting.isTesting).toBe(false)
    counting.doubt()
    expect(counting.items).toBe(true)
  })

  test('is items again, as the provider says, where a test is doubted', () => {
    const counting = testing(0)
    counting.tested(false)
    counting.tested(false)
    expect(counting.items).toBe(false)
    counting.doubt()
    expect(counting.items).toBe(true)
  })
})
