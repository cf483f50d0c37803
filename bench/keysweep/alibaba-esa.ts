import { EsaKvClient } from 'keysweep/alibaba-esa'
import { CONTAINER, CREDENTIALS } from '../client/contender.js'
import { sweeping } from './sweeping.js'

export const run = sweeping(
  ({ endpoint }) => new EsaKvClient({ namespace: CONTAINER, credentials: CREDENTIALS, endpoint }),
)
