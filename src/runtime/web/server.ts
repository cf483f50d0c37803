import type { Handler, Server } from '../../emulator/exchange.js'

/** There are no ports to open outside Node. */
export const serve = async (_handle: Handler): Promise<Server> => {
  throw new Error('listen() needs Node: elsewhere, pass emulator.fetch as the fetch of a client')
}
