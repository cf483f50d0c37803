import { defineConfig } from 'vitest/config'
import { half } from './vitest.config.js'

/** The tests that concern each folder, without those that tell little more and take long. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  signers: ['test/{signers,digest}.test.ts'],
  bodies: ['test/bodies/**/*.test.ts', 'test/hostile/findings.test.ts'],
  engine: ['test/engine/**/*.test.ts'],
}

const { resolve, test } = half('node')

/** For mutation testing; `KEYSWEEP_MUTATED` names the folder of the mutants. */
export default defineConfig({
  resolve,
  test: { ...test, include: [...(TESTS[process.env.KEYSWEEP_MUTATED ?? ''] ?? [])] },
})
