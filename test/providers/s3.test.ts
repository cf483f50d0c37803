import { describe } from 'vitest'
import { describeContract } from './contract.js'
import { SUBJECTS } from './lab.js'

const subject = SUBJECTS['s3']

describe('s3', () => {
  describeContract(subject)
})
