import * as dcdnModule from '@alicloud/dcdn20180115'
import * as esaModule from '@alicloud/esa20240910'
import * as openapi from '@alicloud/openapi-client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEmulator, type Emulator } from '../../src/emulator/index.js'

// Sockets are Node's under either half; the digests and checksums are those of the half under test.
vi.mock('#runtime/server', () => import('../../src/runtime/node/server.js'))

/** CommonJS with a default export arrives wrapped once or twice, depending on who loads it. */
function constructorOf<Class>(module: { default: Class }): Class {
  const inner = module.default as Class | { default: Class }
  return typeof inner === 'function' ? inner : (inner as { default: Class }).default
}

const Esa = constructorOf(esaModule)
const Dcdn = constructorOf(dcdnModule)

let emulator: Emulator
let endpoints: Awaited<ReturnType<Emulator['listen']>>['endpoints']
let close: () => Promise<void>

const config = (endpoint: string, accessKeySecret = 'emulator-secret') =>
  new openapi.Config({
    accessKeyId: 'emulator-key',
    accessKeySecret,
    protocol: 'HTTP',
    endpoint: endpoint.replace('http://', ''),
  })

const esaClient = (secret?: string) =>
  new Esa(config(endpoints['alibaba-esa'], secret) as unknown as ConstructorParameters<typeof Esa>[0])
const dcdnClient = (secret?: string) => new Dcdn(config(endpoints['alibaba-dcdn'], secret))

beforeEach(async () => {
  emulator = createEmulator()
  emulator.state.create('alibaba-esa', 'ns')
  emulator.state.create('alibaba-dcdn', 'ns')
  ;({ endpoints, close } = await emulator.listen())
})

afterEach(() => close())

const TRICKY = ['plain', "a b+c*d~e%f/g&h=i?j#k'l(m)!é键😀", '007', '__proto__', 'line\r\nbreak']

describe('the official ESA client', () => {
  test('puts, reads, lists and deletes', async () => {
    const client = esaClient()
    const put = await client.putKv(new esaModule.PutKvRequest({ namespace: 'ns', key: 'k 1', value: 'välue' }))
    expect(put.body).toMatchObject({ length: '5', value: 'välue', requestId: expect.any(String) })
    await client.putKv(new esaModule.PutKvRequest({ namespace: 'ns', key: 'b64', value: btoa('raw'), base64: true }))

    const kvList = TRICKY.map((key) => new esaModule.BatchPutKvRequestKvList({ key, value: `of ${key}` }))
    const batch = await client.batchPutKv(new esaModule.BatchPutKvRequest({ namespace: 'ns', kvList }))
    expect(batch.body).toMatchObject({ successKeys: TRICKY, failKeys: [] })

    const read = (key: string) => client.getKv(new esaModule.GetKvRequest({ namespace: 'ns', key }))
    expect((await read(TRICKY[1] as string)).body?.value).toBe(`of ${TRICKY[1]}`)
    expect((await read('b64')).body?.value).toBe('raw')

    const list = await client.listKvs(new esaModule.ListKvsRequest({ namespace: 'ns', prefix: 'k', pageSize: 2 }))
    expect(list.body).toMatchObject({ totalCount: 1, pageNumber: 1, pageSize: 2, keys: [{ name: 'k 1' }] })

    const keys = [...TRICKY, 'missing']
    const gone = await client.batchDeleteKv(new esaModule.BatchDeleteKvRequest({ namespace: 'ns', keys }))
    expect(gone.body).toMatchObject({ successKeys: keys, failKeys: [] })
    expect(emulator.state.keys('alibaba-esa', 'ns')).toEqual(['k 1', 'b64'])

    await client.deleteKv(new esaModule.DeleteKvRequest({ namespace: 'ns', key: 'k 1' }))
    expect(emulator.state.keys('alibaba-esa', 'ns')).toEqual(['b64'])
    await expect(read('k 1')).rejects.toMatchObject({ code: 'InvalidKey.NotFound', statusCode: 404 })
  })

  test('is told what the emulator does not implement', async () => {
    const answers = [
      esaClient().getKvDetail(new esaModule.GetKvDetailRequest({ namespace: 'ns', key: 'a' })),
      esaClient().createKvNamespace(new esaModule.CreateKvNamespaceRequest({ namespace: 'another' })),
      dcdnClient().getDcdnKvDetail(new dcdnModule.GetDcdnKvDetailRequest({ namespace: 'ns', key: 'a' })),
      dcdnClient().putDcdnKvNamespace(new dcdnModule.PutDcdnKvNamespaceRequest({ namespace: 'another' })),
    ]
    const names = ['GetKvDetail', 'CreateKvNamespace', 'GetDcdnKvDetail', 'PutDcdnKvNamespace']
    expect((await Promise.allSettled(answers)).map((answer) => answer.status === 'rejected' && answer.reason)).toEqual(
      names.map((name) =>
        expect.objectContaining({
          code: 'NotImplemented',
          statusCode: 501,
          message: expect.stringContaining(`does not implement ${name}.`),
        }),
      ),
    )
  })

  test('is refused with a wrong secret', async () => {
    const request = new esaModule.BatchDeleteKvRequest({ namespace: 'ns', keys: ['a'] })
    await expect(esaClient('another-secret').batchDeleteKv(request)).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
      message: expect.stringContaining('Server StringToSign is [ACS3-HMAC-SHA256\n'),
    })
  })
})

describe('the official DCDN client', () => {
  test('puts, reads, lists and deletes', async () => {
    const client = dcdnClient()
    const put = await client.putDcdnKv(new dcdnModule.PutDcdnKvRequest({ namespace: 'ns', key: 'k 1', value: 'välue' }))
    expect(put.body).toMatchObject({ length: 5, value: 'välue', requestId: expect.any(String) })

    const kvList = TRICKY.map((key) => new dcdnModule.BatchPutDcdnKvRequestKvList({ key, value: `of ${key}` }))
    const batch = await client.batchPutDcdnKv(new dcdnModule.BatchPutDcdnKvRequest({ namespace: 'ns', kvList }))
    expect(batch.body).toMatchObject({ successKeys: TRICKY, failKeys: [] })

    const read = await client.getDcdnKv(new dcdnModule.GetDcdnKvRequest({ namespace: 'ns', key: TRICKY[1] as string }))
    expect(read.body?.value).toBe(`of ${TRICKY[1]}`)

    const list = await client.listDcdnKv(new dcdnModule.ListDcdnKvRequest({ namespace: 'ns', prefix: 'k' }))
    expect(list.body).toMatchObject({ totalCount: 1, keys: [{ name: 'k 1' }] })

    const gone = await client.batchDeleteDcdnKv(
      new dcdnModule.BatchDeleteDcdnKvRequest({ namespace: 'ns', keys: TRICKY }),
    )
    expect(gone.body).toMatchObject({ successKeys: TRICKY, failKeys: [] })
    await client.deleteDcdnKv(new dcdnModule.DeleteDcdnKvRequest({ namespace: 'ns', key: 'k 1' }))
    expect(emulator.state.size('alibaba-dcdn', 'ns')).toBe(0)
  })

  test('is refused with a wrong secret', async () => {
    const request = new dcdnModule.BatchDeleteDcdnKvRequest({ namespace: 'ns', keys: ['a'] })
    await expect(dcdnClient('another-secret').batchDeleteDcdnKv(request)).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    })
  })
})
