import { inMode, RIVALRIES, type Rivalry } from '../contenders.js'
import { atMost, type Bench, type Measure } from '../measure.js'
import { cpuTable, panelOf, ratio } from './cpu.js'

async function rival(bench: Bench, { call, workload, subject, floor, vendor, most }: Rivalry) {
  const entrants = vendor ? [floor, subject, vendor] : [floor, subject]
  const contenders = entrants.map((entrant) => ({ ...inMode(entrant, 'verbose'), name: entrant.name, workload }))
  const samples = await bench.compare(workload, contenders)
  const { count, batch } = workload
  const size = `${count.toLocaleString('en')} items, ${batch.toLocaleString('en')} a request, 8 in flight`
  const against = (other: string, limit: number) =>
    atMost(limit, '×', `CPU of ${call}, against ${other}`, ratio(samples, subject.name, other))
  return {
    table: cpuTable(`${call}: ${size}`, samples, () => floor.name),
    targets: [
      against(floor.name, most.floor),
      ...(vendor && most.vendor !== undefined ? [against(vendor.name, most.vendor)] : []),
    ],
    panel: panelOf(call, samples),
  }
}

export const providers: Measure = {
  name: 'providers',
  title: 'ESA, DCDN and CTyun',
  about:
    'The floors are hand-written as for S3: `JSON.stringify`, `encodeURIComponent`, the signature and `JSON.parse` over undici. The other clients are the vendor’s own.',
  async run(bench) {
    const results = []
    for (const rivalry of RIVALRIES) if (bench.isFull || !rivalry.onlyFull) results.push(await rival(bench, rivalry))
    return {
      tables: results.map(({ table }) => table),
      targets: results.flatMap(({ targets }) => targets),
      panels: results.map(({ panel }) => panel),
    }
  },
}
