import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readmeWithTables } from './tables.js'

// Writes the tables of the README from what was measured last.

const README = join(import.meta.dirname, '../../README.md')
writeFileSync(README, readmeWithTables(readFileSync(README, 'utf8')))
