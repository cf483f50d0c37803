import { CtyunZosClient } from 'keysweep/ctyun-zos'
import { CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'
import { sweeping } from './sweeping.js'

export const run = sweeping(
  ({ endpoint }) => new CtyunZosClient({ bucket: CONTAINER, regionId: REGION, credentials: CREDENTIALS, endpoint }),
)
