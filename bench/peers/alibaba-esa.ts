import * as esa from '@alicloud/esa20240910'
import { batchwise, CONTAINER, type Entry } from '../client/contender.js'
import { configFor, constructorOf } from './alibaba.js'

const Client = constructorOf(esa)

export const run = batchwise<string | Entry>(({ endpoint }) => {
  const client = new Client(configFor(endpoint) as unknown as ConstructorParameters<typeof Client>[0])
  return async (items) => {
    const { body } =
      typeof items[0] === 'string'
        ? await client.batchDeleteKv(new esa.BatchDeleteKvRequest({ namespace: CONTAINER, keys: items }))
        : await client.batchPutKv(
            new esa.BatchPutKvRequest({
              namespace: CONTAINER,
              kvList: (items as Entry[]).map((entry) => new esa.BatchPutKvRequestKvList(entry)),
            }),
          )
    return body?.successKeys?.length ?? 0
  }
})
