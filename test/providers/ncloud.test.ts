import { describe } from 'vitest'
import { describeContract } from './contract.js'
import { SUBJECTS } from './lab.js'

const subject = SUBJECTS['ncloud']

describe('ncloud', () => {
  describeContract(subject)
})
