import { describe, expect, test } from 'vitest'
import { documentOf, missingTests } from '../scripts/reliability/document.js'
import { PROMISES, type Promised } from '../scripts/reliability/promises.js'
import { titlesOf } from '../scripts/reliability/titles.js'

describe('the document of what is promised', () => {
  test('names tests that there are', () => {
    expect(missingTests(PROMISES)).toEqual([])
  })

  test('would be told of a test that there is not, and of a file', () => {
    const tests = { 'reliability.test.ts': ['names tests'], 'none.test.ts': ['any'] }
    const promise: Promised = { title: 'A', text: 'B', tests, suites: [] }
    expect(missingTests([promise])).toEqual(['test/reliability.test.ts: names tests', 'test/none.test.ts: any'])
  })

  test('shows promises, their tests, and all figures of their suites', () => {
    const title = 'the document of what is promised › names tests that there are'
    const promise: Promised = {
      title: 'Names are true',
      text: 'They are.',
      tests: { 'reliability.test.ts': [title] },
      suites: ['faults'],
    }
    const document = documentOf(
      [promise],
      [
        {
          suite: 'faults',
          command: 'npm run test:faults',
          date: '2026-01-02',
          node: 'v20.19.0',
          machine: '2 × any',
          figures: { runs: 50_000, seed: 'any' },
          tables: { Faults: { reset: { times: 7, keys: 1234 }, html: { times: 5 } } },
        },
      ],
    )
    for (const line of [
      '### 1. Names are true',
      `  - ${title}`,
      '- Counted in: [faults](#faults)',
      '`npm run test:faults`, 2026-01-02, Node 20.19.0, 2 × any.',
      '| runs | 50,000 |',
      '| seed | any |',
      '|  | times | keys |',
      '| reset | 7 | 1,234 |',
      '| html | 5 |  |',
    ])
      expect(document.split('\n')).toContain(line)
  })

  test('reads titles with their groups, and tables of cases as what they are', () => {
    const source = `
      describe('group', () => {
        describe.each(cases)('%s', () => test.each([['a', 'b']])('takes $what, and %i', () => {}))
        for (const one of many) it(\`says \${one} twice\`, () => expect('it').toBe(test))
      })
      test('alone', { timeout: 1 }, () => other('no title'))
    `
    expect(titlesOf(source)).toEqual(['group › takes …, and …', 'group › says … twice', 'alone'])
  })
})
