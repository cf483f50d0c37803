import { describe } from 'vitest'
import { describeContract } from './contract.js'
import { describePuts } from './contract-kv.js'
import { SUBJECTS } from './lab.js'

const subject = SUBJECTS['alibaba-esa']

describe('alibaba-esa', () => {
  describeContract(subject)
  describe('puts', () => describePuts(subject))
})
