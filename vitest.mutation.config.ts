import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { half } from './vitest.config.js'

/** The tests that concern each folder, without those that tell little more and take long. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  signers: ['test/{signers,digest}.test.ts'],
  bodies: ['test/bodies/**/*.test.ts', 'test/hostile/findings.test.ts'],
  engine: ['test/engine/**/*.test.ts'],
}

/** What takes longest, and comes last: most mutants are noticed before. */
const SLOW = ['test/hostile/findings.test.ts', 'test/engine/promises.test.ts', 'test/engine/model.test.ts']

/** Tests that take seconds. Every mutant that nothing else notices would take as long. */
const LONG = [
  ...['asks for patience', 'is waited for', 'gather by the thousand', 'in whatever form keys come'],
  'esa-batch-delete-10000',
]

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => SLOW.findIndex((file) => moduleId.endsWith(file))
    return files.sort((one, other) => place(one) - place(other))
  }
}

const { resolve, test } = half('node')

/** For mutation testing; `KEYSWEEP_MUTATED` names the folder of the mutants. */
export default defineConfig({
  resolve,
  test: {
    ...test,
    include: [...(TESTS[process.env.KEYSWEEP_MUTATED ?? ''] ?? [])],
    // A mutant that never settles is to be noticed soon.
    testTimeout: 6000,
    testNamePattern: new RegExp(`^(?!.*(${LONG.join('|')}))`),
    sequence: { sequencer: QuickFirst },
  },
})
