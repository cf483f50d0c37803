import { describe, expect, test, vi } from 'vitest'
import type { AttemptResult } from '../../src/engine/attempt.js'
import { attemptEvent, callGuarded } from '../../src/engine/events.js'
import { Redactor } from '../../src/redact.js'
import { type Detail, parcel } from './fixtures.js'

describe('an attempt, as it is told', () => {
  const redactor = new Redactor()
  redactor.learn({ accessKeyId: 'a', secretAccessKey: 'secret' })
  const result = (verdict: object, rest: object = {}) => ({ verdict, durationMs: 7, ...rest }) as AttemptResult<Detail>

  test('holds what is known of it, without secrets', () => {
    const refused = { kind: 'refusal', code: 'No secret', requestId: 'r secret' }
    const event = attemptEvent({ ...parcel('a', 'b'), attempts: 2 }, result(refused, { status: 503 }), 30, redactor)
    expect(event).toStrictEqual({
      ...{ operation: 'Test', items: 2, attempt: 3, durationMs: 7, status: 503 },
      ...{ requestId: 'r [redacted]', code: 'No [redacted]', retryDelayMs: 30 },
    })
  })

  test('holds nothing that is not known', () => {
    const told = { operation: 'Test', items: 1, attempt: 1, durationMs: 7 }
    for (const verdict of [{ kind: 'planned' }, { kind: 'outcomes' }])
      expect(attemptEvent(parcel('a'), result(verdict), undefined, redactor)).toStrictEqual(told)
  })

  test('reaches a callback, whatever that throws or rejects with', async () => {
    const caught: unknown[] = []
    const onThrow = (cause: unknown) => void caught.push(cause)
    callGuarded(() => 'fine', onThrow)
    callGuarded(async () => 'fine', onThrow)
    callGuarded(() => {
      throw 'thrown'
    }, onThrow)
    callGuarded(() => Promise.reject('rejected'), onThrow)
    await vi.waitFor(() => expect(caught).toEqual(['thrown', 'rejected']))
  })
})
