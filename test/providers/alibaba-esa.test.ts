import { describe } from 'vitest'
import { describeContract } from './contract.js'
import { SUBJECTS } from './lab.js'

const subject = SUBJECTS['alibaba-esa']

describe('alibaba-esa', () => {
  describeContract(subject)
})
