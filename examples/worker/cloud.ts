import { createEmulator, type Faults } from 'keysweep/emulator'
import { KEYS, keyAt } from './keys.js'

// What the internet is to the other workers here: an emulated cloud, under the providers' own host names.

const emulator = createEmulator()

export default {
  async fetch(request: Request): Promise<Response> {
    const { hostname, pathname } = new URL(request.url)
    if (hostname !== '127.0.0.1') return emulator.fetch(request)
    if (pathname === '/fill') {
      emulator.state.create('s3', 'photos')
      for (let index = 0; index < KEYS; index++) emulator.state.put('s3', 'photos', keyAt(index))
      emulator.faults('s3', (await request.json()) as Faults)
    }
    return Response.json({ ...emulator.stats.s3, left: emulator.state.size('s3', 'photos') })
  },
}
