import { expect, test, vi } from 'vitest'
import { startGateway } from './gateway.js'

test('says what to install where a program is missing', async () => {
  vi.stubEnv('PATH', '')
  await expect(startGateway()).rejects.toThrow(
    'ceph-mon, ceph-osd, radosgw, radosgw-admin, ceph, monmaptool not found. ' +
      'On Debian: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common',
  )
  vi.unstubAllEnvs()
})
