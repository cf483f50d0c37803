import { DcdnKvClient } from 'keysweep/alibaba-dcdn'
import { CONTAINER, CREDENTIALS } from '../client/contender.js'
import { sweeping } from './sweeping.js'

export const run = sweeping(
  ({ endpoint }) => new DcdnKvClient({ namespace: CONTAINER, credentials: CREDENTIALS, endpoint }),
)
