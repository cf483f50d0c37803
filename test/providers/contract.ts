import { describe } from 'vitest'
import { describeCallers } from './contract-callers.js'
import { describeEndings } from './contract-endings.js'
import { describeFailures } from './contract-failures.js'
import { describeKeys } from './contract-keys.js'
import { describePoison } from './contract-poison.js'
import type { Subject } from './lab.js'

/** What every provider's client promises, against the emulator over a real socket. */
export function describeContract(subject: Subject): void {
  describe('keys', () => describeKeys(subject))
  describe('failures', () => describeFailures(subject))
  describe('poison', () => describePoison(subject))
  describe('endings', () => describeEndings(subject))
  describe('callers', () => describeCallers(subject))
}
