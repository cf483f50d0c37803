import { expect, test } from 'vitest'
import { createEmulator } from '../../src/emulator/index.js'

test('there are ports in Node and a clear word elsewhere', async () => {
  const listening = createEmulator().listen()
  if (process.env.KEYSWEEP_HALF === 'web') {
    await expect(listening).rejects.toThrow('listen() needs Node')
    return
  }
  const { endpoints, close } = await listening
  expect(endpoints.s3).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await close()
})
