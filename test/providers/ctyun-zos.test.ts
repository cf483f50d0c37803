import { describe } from 'vitest'
import { describeContract } from './contract.js'
import { SUBJECTS } from './lab.js'

const subject = SUBJECTS['ctyun-zos']

describe('ctyun-zos', () => {
  describeContract(subject)
})
