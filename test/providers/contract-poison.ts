import { expect, it } from 'vitest'
import { expectAccounted, expectHonest, expectKeysweepError } from './expectations.js'
import { manyKeys, openLab, type Subject } from './lab.js'

interface Wording {
  readonly status: number
  readonly body: string
  readonly code: string
}

const xml = (code: string) => `<Error><Code>${code}</Code><Message>No.</Message></Error>`
const failed = (code: string) => JSON.stringify({ statusCode: 900, message: 'No.', errorCode: code })

/** How a store refuses a whole request for what may be one key's fault. */
const REFUSALS: Readonly<Record<Subject['family'], readonly Wording[]>> = {
  kv: [
    { status: 400, body: '{"Code":"InvalidKey.Malformed","Message":"No."}', code: 'InvalidKey.Malformed' },
    { status: 400, body: '{"Code":"InvalidKey.ExceedsMaximum"}', code: 'InvalidKey.ExceedsMaximum' },
  ],
  s3: [
    { status: 400, body: xml('MalformedXML'), code: 'MalformedXML' },
    { status: 400, body: xml('KeyTooLongError'), code: 'KeyTooLongError' },
    { status: 400, body: xml('SomethingNew'), code: 'SomethingNew' },
  ],
  ctyun: [
    { status: 200, body: failed('openapi.object.deleteFailed'), code: 'openapi.object.deleteFailed' },
    { status: 200, body: '{"statusCode":"900"}', code: '900' },
    { status: 200, body: '{"statusCode":900,"error":"Openapi.Object.Bad"}', code: 'Openapi.Object.Bad' },
    { status: 400, body: failed('openapi.parameter.invalid'), code: 'openapi.parameter.invalid' },
  ],
}

/** One bad key does not sink its neighbours. */
export function describePoison({ name, family, mostKeys, open }: Subject): void {
  for (const wording of REFUSALS[family]) {
    const { status, body, code } = wording
    const refusal = () => new Response(body, { status })

    it(`finds the one key that makes the store answer ${code}`, async () => {
      const lab = await openLab(name)
      const keys = manyKeys(mostKeys).map((key, index) => (index === 777 ? 'poison' : key))
      lab.fill(keys)
      const client = open({ ...lab, fetch: picky(['poison'], refusal) })
      const report = await client.deleteMany(keys)
      expectAccounted(report, keys)
      expectHonest(report, lab)
      expect(report.failed).toMatchObject([{ key: 'poison', code, outcome: 'refused' }])
      expect(lab.held).toEqual(['poison'])
      // Two for each halving, at most.
      expect(report.stats.requests).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(mostKeys)))
    })

    it(`finds several keys that make the store answer ${code}, in several batches`, async () => {
      const lab = await openLab(name)
      const bad = ['poison-1', 'poison-2', 'poison-3', 'poison-4']
      const keys = manyKeys(mostKeys * 2)
      for (const [index, at] of [0, 500, mostKeys - 1, mostKeys + 3].entries()) keys[at] = bad[index] as string
      lab.fill(keys)
      const report = await open({ ...lab, fetch: picky(bad, refusal) }).deleteMany(keys)
      expectAccounted(report, keys)
      expectHonest(report, lab)
      expect(report.failed.map((failure) => failure.key)).toEqual(bad)
      expect(lab.held).toEqual(bad)
    })

    for (const batches of [1, 10])
      it(`ends soon where every part of ${batches} batches is answered ${code}`, async () => {
        let requests = 0
        const client = open({
          endpoint: 'http://127.0.0.1:1',
          fetch: async () => {
            requests++
            return refusal()
          },
        })
        const keys = manyKeys(mostKeys * batches)
        const report = await client.deleteMany(keys).catch((error: unknown) => expectKeysweepError(error).report)
        expectAccounted(report, keys.slice(0, report.resumeFrom))
        expect(requests).toBeLessThanOrEqual(batches + 64)
        expect(report.stats.requests).toBe(requests)
        expect(report.deleted).toEqual([])
        for (const failure of report.failed) {
          if (failure.outcome === 'not-sent') continue
          if (failure.code !== code || failure.outcome !== 'refused')
            expect(failure).toMatchObject({ code, outcome: 'refused' })
        }
      })
  }
}

/** Sends what holds no bad key, and refuses the rest. */
function picky(bad: readonly string[], refusal: () => Response) {
  return async (request: Request): Promise<Response> => {
    const body = await request.clone().text()
    return bad.some((key) => new RegExp(`\\b${key}\\b`).test(decodeURIComponent(body))) ? refusal() : fetch(request)
  }
}
