import { DcdnKvClient } from 'keysweep/alibaba-dcdn'
import { EsaKvClient } from 'keysweep/alibaba-esa'
import { KEY_PAIR } from '../../providers/subjects.js'
import { equal } from './check.js'
import { call, type Lab, openLab, REMOTE_KEY } from './lab.js'
import type { Case } from './run.js'

const CLIENTS = { 'alibaba-esa': EsaKvClient, 'alibaba-dcdn': DcdnKvClient } as const

/** What the key-value stores promise of writing. */
export const puts = (): Case[] =>
  (Object.keys(CLIENTS) as (keyof typeof CLIENTS)[]).flatMap((store) => {
    const open = ({ endpoint, container }: Lab, credentials: typeof KEY_PAIR | typeof REMOTE_KEY = KEY_PAIR) =>
      new CLIENTS[store]({ namespace: container, endpoint, credentials })
    const cases = {
      'writes hostile keys and values': async () => {
        const lab = await openLab(store)
        const { keys } = await call('hostileKeys', 512)
        const report = await open(lab).putMany(keys.map((key) => ({ key, value: key, expirationTtl: 3600 })))
        equal(report.failed, [], 'failed')
        equal((await lab.held()).sort(), [...keys].sort(), 'held')
      },
      'writes a value too long for a batch': async () => {
        const lab = await openLab(store)
        const report = await open(lab, REMOTE_KEY).putMany([
          { key: 'long', value: '&'.repeat(700_000) },
          { key: 'short', value: '' },
        ])
        equal(report.failed, [], 'failed')
        equal((await lab.held()).sort(), ['long', 'short'], 'held')
      },
      'fails what is no entry alone and unsent': async () => {
        const lab = await openLab(store)
        const { written, failed } = await open(lab).putMany([
          { key: 'half a pair', value: '\ud800' },
          { key: 'fine', value: 'v' },
          { key: 'past', value: 'v', expiration: 1 },
        ])
        equal(written, [{ key: 'fine' }], 'written')
        equal(
          failed.map(({ code, outcome }) => [code, outcome]),
          [
            ['InvalidEntry', 'not-sent'],
            ['InvalidEntry', 'not-sent'],
          ],
          'failed',
        )
      },
    }
    return Object.entries(cases).map(([name, run]): Case => [`${store} ${name}`, run])
  })
