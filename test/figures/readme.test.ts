import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readmeWithTables, TABLES } from './tables.js'

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

test('the tables of the README are those of the figures', () => {
  expect(readmeWithTables(README)).toBe(README)
  for (const name of Object.keys(TABLES)) expect(README).toContain(`<!-- figures: ${name} -->`)
})
