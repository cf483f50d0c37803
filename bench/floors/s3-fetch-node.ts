import { fetching } from './fetch.js'
import { nodeDigests } from './node-digests.js'

export const run = fetching(nodeDigests)
