import { describe } from 'vitest'
import { describeContract } from './contract.js'
import { SUBJECTS } from './lab.js'

const subject = SUBJECTS['yandex']

describe('yandex', () => {
  describeContract(subject)
})
