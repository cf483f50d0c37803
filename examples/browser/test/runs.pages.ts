import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { visitPage } from './visit.js'

// Runs that take a while: stopped, at a store that behaves badly, and at one that is busy.

const { page, text, number, choose, go, ended, fates } = visitPage()

test('stops, tells what is known and where it would go on, and goes on there', async () => {
  await choose('200,000 samples')
  await choose('Flaky')
  await go()
  await expect.poll(() => number('deleted'), { timeout: 30_000 }).toBeGreaterThan(10_000)
  expect(await text('pace')).toMatch(/^[\d,]+ keys\/s · .+ left$/)
  expect(await text('go')).toBe('Stop')
  expect(await page().locator('input[value=s3]').isDisabled()).toBe(true)
  await go()
  await ended()
  expect(await text('title')).toBe('Stopped')
  const stopped = await fates()
  expect(stopped.deleted + stopped.refused + stopped.unknown + stopped.notSent + stopped.waiting).toBe(200_000)
  // A store that is flaky refuses no key.
  expect(stopped.refused).toBe(0)
  expect(stopped.waiting).toBeGreaterThan(0)
  const next = 200_000 - stopped.waiting + 1
  expect(await text('ending-text')).toContain(`Nothing from key ${next.toLocaleString('en')} on was sent.`)
  // What was under way may be gone.
  expect(stopped.unknown).toBeGreaterThan(0)
  expect(await page().locator('#filter-code').textContent()).toContain('Aborted')
  await page()
    .getByRole('button', { name: `Resume from key ${next.toLocaleString('en')}` })
    .click()
  await page()
    .getByText(/^Done in/)
    .first()
    .waitFor({ timeout: 60_000 })
  const { deleted, refused, unknown, notSent, waiting } = await fates()
  expect([deleted + refused + unknown + notSent, waiting]).toEqual([200_000, 0])
  // What was under way when it was stopped stays unknown: some requests of a thousand keys.
  expect(deleted).toBeGreaterThan(190_000)
}, 120_000)

describe('200,000 keys at a store that behaves badly', () => {
  /** As the report says it. */
  interface Row {
    readonly index: number
    readonly key: string
    readonly fate: string
    readonly code?: string
  }

  const saved = async (name: string): Promise<[string, string]> => {
    const coming = page().waitForEvent('download')
    await choose(name)
    const download = await coming
    return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')]
  }

  /** Watches the figures; gives those that fell, for what has become of a key is not taken back. */
  const watchForFalls = async () => {
    const seen = await page().evaluateHandle(() => {
      const fallen: string[] = []
      for (const id of ['deleted', 'refused', 'unknown', 'not-sent']) {
        const figure = document.getElementById(id) as HTMLElement
        let before = 0
        new MutationObserver(() => {
          const now = Number(figure.textContent?.replaceAll(',', ''))
          if (now < before) fallen.push(`${id} from ${before} to ${now}`)
          before = now
        }).observe(figure, { childList: true })
      }
      return fallen
    })
    return () => seen.jsonValue()
  }

  test('are all accounted for: in figures, in the table and in both reports', async () => {
    await choose('200,000 samples')
    await choose('Hostile')
    const falls = await watchForFalls()
    await go()
    // The page stays usable while it deletes.
    await expect.poll(() => number('deleted'), { timeout: 30_000 }).toBeGreaterThan(0)
    // Figures and table are of one moment.
    await expect.poll(() => number('refused'), { timeout: 30_000 }).toBeGreaterThan(0)
    const [figures, listed] = await page().evaluate(() => {
      const numberIn = (id: string) => Number(document.getElementById(id)?.textContent?.replace(/\D/g, ''))
      return [numberIn('refused') + numberIn('unknown') + numberIn('not-sent'), numberIn('failures-count')]
    })
    expect(listed).toBe(figures)
    const bar = page().getByRole('progressbar', { name: 'Keys whose fate is known' })
    expect(await bar.getAttribute('max')).toBe('200000')
    expect(Number(await bar.getAttribute('value'))).toBeGreaterThan(0)
    await ended()
    expect(await falls()).toEqual([])

    const { deleted, refused, unknown, notSent, waiting } = await fates()
    expect([deleted + refused + unknown, notSent, waiting]).toEqual([200_000, 0, 0])
    expect(refused + unknown).toBeGreaterThan(4000)
    const failures = refused + unknown
    const inAll = failures.toLocaleString('en')
    expect(await text('failures-count')).toBe(`${inAll} in all`)

    // Never more rows than a page of them.
    const rows = page().locator('#failures-rows tr')
    expect(await rows.count()).toBe(25)
    expect(await text('page-number')).toBe('1–25')
    await page().getByRole('button', { name: 'Next' }).click()
    expect(await text('page-number')).toBe('26–50')
    await page().getByRole('button', { name: 'Last' }).click()
    expect(await text('page-number')).toMatch(new RegExp(`–${inAll}$`))
    expect(await page().getByRole('button', { name: 'Next' }).isDisabled()).toBe(true)

    // By outcome, by code, by text, and all at once.
    await page().getByLabel('Outcome').selectOption('unknown')
    expect(await text('failures-count')).toBe(`${unknown.toLocaleString('en')} of ${inAll}`)
    expect(new Set(await page().locator('td.outcome').allInnerTexts())).toEqual(new Set(['unknown']))
    await page().getByLabel('Outcome').selectOption('refused')
    await page().getByLabel('Code').selectOption('ObjectLocked')
    expect(new Set(await page().locator('td.code > span:first-child').allInnerTexts())).toEqual(
      new Set(['ObjectLocked']),
    )
    const narrowed = await text('failures-count')
    await page().getByLabel('Text').fill('ONERROR')
    expect(await text('failures-count')).not.toBe(narrowed)
    // Markup in a key is text.
    expect((await page().locator('td.key').allInnerTexts()).every((key) => /^<img src=x onerror=alert/.test(key))).toBe(
      true,
    )
    expect(await page().locator('#failures img').count()).toBe(0)
    await page().getByLabel('Text').fill('no key is called like this')
    expect(await page().getByText('No failure is like that.').isVisible()).toBe(true)
    await page().getByLabel('Code').selectOption('')
    await page().getByLabel('Outcome').selectOption('')

    // What turns text around is shown, not done.
    await page().getByLabel('Text').fill('invoice-')
    expect(await rows.first().locator('td.key').textContent()).toMatch(/^invoice-U\+202Efdp\.exe-/)
    expect(await rows.first().locator('td.key .sign').getAttribute('title')).toBe('U+202E')

    const [ndjsonName, ndjson] = await saved('Report as NDJSON')
    expect(ndjsonName).toBe('keysweep-report.ndjson')
    const report = ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
    expect(report).toHaveLength(200_000)
    expect(report.every(({ index }, place) => index === place)).toBe(true)
    expect(new Set(report.map(({ key }) => key)).size).toBe(200_000)
    const having = (fate: string) => report.filter((row) => row.fate === fate).length
    expect([having('deleted'), having('refused'), having('unknown')]).toEqual([deleted, refused, unknown])

    const [csvName, csv] = await saved('Report as CSV')
    expect(csvName).toBe('keysweep-report.csv')
    const table: Record<string, string>[] = parse(csv, { bom: true, columns: true })
    expect(table).toHaveLength(200_000)
    for (const [index, row] of table.entries()) {
      const { key = '', fate, code } = report[index] as Row
      const isFormula = /^\s*[=+\-@]/.test(key)
      expect([row.index, row.key, row.fate, row.code]).toEqual([
        String(index),
        isFormula ? `'${key}` : key,
        fate,
        code ?? '',
      ])
    }
    // No cell begins a formula.
    expect(csv).not.toMatch(/(^|,|\n)"?[=+@-]/)
  }, 180_000)
})

test('a store that is busy is throttled, not failed', async () => {
  await choose('Alibaba ESA KV')
  await choose('200,000 samples')
  await choose('Busy')
  await go()
  await ended()
  expect(await text('traffic')).toMatch(/throttled \d+ times?$/)
  expect(await number('deleted')).toBe(200_000)
}, 120_000)
