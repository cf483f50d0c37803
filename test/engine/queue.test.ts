import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Parcel } from '../../src/engine/parcel.js'
import { Queue } from '../../src/engine/queue.js'
import { type Detail, type Item, parcel } from './fixtures.js'

describe('Queue', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('gives parcels in their order, those put first before all others', () => {
    const queue = new Queue<Item, Detail>(() => {})
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((key) => parcel(key))
    queue.push(a as Parcel<Item, Detail>, b as Parcel<Item, Detail>)
    queue.unshift(c as Parcel<Item, Detail>, d as Parcel<Item, Detail>)
    expect([queue.size, queue.delayed]).toEqual([4, 0])
    expect([queue.next(), queue.next(), queue.next(), queue.next(), queue.next()]).toEqual([c, d, a, b, undefined])
  })

  test('keeps a parcel until its time, and says so then', () => {
    const onDue = vi.fn()
    const queue = new Queue<Item, Detail>(onDue)
    queue.later(parcel('a'), 50)
    expect([queue.size, queue.delayed, queue.next()]).toEqual([1, 1, undefined])
    vi.advanceTimersByTime(49)
    expect(onDue).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onDue).toHaveBeenCalledTimes(1)
    expect([queue.size, queue.delayed, queue.next()?.items]).toEqual([1, 0, ['a']])
  })

  test('is emptied at once, what waits for its time included, and leaves no timer', () => {
    const onDue = vi.fn()
    const queue = new Queue<Item, Detail>(onDue)
    queue.later(parcel('late'), 50)
    queue.push(parcel('ready'))
    queue.stopTimers()
    expect(vi.getTimerCount()).toBe(0)
    expect(queue.drain().map(({ items }) => items)).toEqual([['ready'], ['late']])
    expect([queue.size, queue.delayed, queue.next()]).toEqual([0, 0, undefined])
    expect(onDue).not.toHaveBeenCalled()
  })
})
