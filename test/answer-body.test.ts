import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { AnswerBody } from '../src/answer-body.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const utf8 = (value: string) => new TextEncoder().encode(value)

test('one piece is given as it is', () => {
  const body = new AnswerBody(10)
  const piece = utf8('whole')
  body.add(piece)
  expect(body.bytes).toBe(piece)
  expect(new AnswerBody(10).bytes).toHaveLength(0)
})

test.each([2, 999, 1000, 1001, 2500])('%d pieces are joined in their order', (count) => {
  const body = new AnswerBody(1e6)
  const all = Array.from({ length: count }, (_, index) => `${index};`)
  for (const piece of all) body.add(utf8(piece))
  expect(text(body.bytes)).toBe(all.join(''))
})

test('bytes that come one by one take no more memory than others', () => {
  const body = new AnswerBody(1e6)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < 300_000; at++) body.add(new Uint8Array(1))
  collectGarbage()
  // As many pieces as bytes would be some 30 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6)
  expect(body.bytes).toHaveLength(300_000)
})

test('one that gets too long is refused, with what arrived', () => {
  const body = new AnswerBody(3)
  body.add(utf8('abc'))
  expect(() => body.add(utf8('d'))).toThrow(
    expect.objectContaining({ reason: 'overflow', mayHaveArrived: true, message: 'The answer is longer than 3 bytes' }),
  )
})
