import { readFile } from 'node:fs/promises'
import axe from 'axe-core'
import { parse } from 'csv-parse/sync'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from './chromium.js'
import { serveSite } from './site.js'

// The example page in Chromium, used as a person uses it.

let browser: Browser
let site: Awaited<ReturnType<typeof serveSite>>
let page: Page
const said: string[] = []

beforeAll(async () => {
  browser = await launchChromium()
  site = await serveSite()
})

afterAll(async () => {
  await browser?.close()
  await site?.close()
})

beforeEach(async () => {
  said.length = 0
  page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  page.setDefaultTimeout(10_000)
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(site.url)) said.push(request.url())
  })
  await page.goto(site.url)
})

afterEach(async () => {
  // No error, no warning, and nobody else was called.
  expect(said).toEqual([])
  await page.close()
})

const text = async (id: string) => (await page.locator(`#${id}`).textContent()) ?? ''
const number = async (id: string) => Number((await text(id)).replaceAll(',', ''))
const choose = (label: string) => page.getByText(label).click()
const type = (keys: readonly string[]) => page.getByLabel('Keys, one a line').fill(keys.join('\n'))
const go = () => page.locator('#go').click()
const ended = () => page.locator('#ending').waitFor({ timeout: 60_000 })

const fates = async () => ({
  deleted: await number('deleted'),
  refused: await number('refused'),
  unknown: await number('unknown'),
  waiting: await number('waiting'),
})

/** Drops a file on the page as a file manager does. */
async function drop(name: string, content: readonly number[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, bytes]) => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(bytes)], fileName))
      return data
    },
    [name, content] as const,
  )
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer })
  expect(await page.locator('body').getAttribute('class')).toBe('dropping')
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
  expect(await page.locator('body').getAttribute('class')).toBe('')
}

const bytesOf = (keys: string) => [...Buffer.from(keys)]

describe('keys', () => {
  test('without any there is nothing to delete, and a hint of what to do', async () => {
    expect(await page.locator('#go').isDisabled()).toBe(true)
    expect(await page.getByRole('heading', { name: 'No keys yet' }).isVisible()).toBe(true)
    expect(await page.locator('#run').isVisible()).toBe(false)
  })

  test('are typed', async () => {
    await type(['a', '', 'b'])
    expect(await text('go')).toBe('Delete 2 keys')
    await type([])
    expect(await page.locator('#go').isDisabled()).toBe(true)
  })

  test('are dropped as a file, exactly as they stand there', async () => {
    await drop('my keys.txt', bytesOf('\ufeff one \r\n007\r\ntab\t\u202e\r\n'))
    expect(await text('loaded-count')).toBe('3 keys')
    expect(await text('loaded-name')).toBe('my keys.txt')
    expect(await page.locator('#loaded-keys li').allInnerTexts()).toEqual(['␣one␣', '007', 'tab␉U+202E'])
  })

  test('are refused in a file that is no UTF-8', async () => {
    await drop('picture.jpg', [0xff, 0xd8, 0xff])
    expect(await page.getByRole('alert').textContent()).toContain('picture.jpg is not UTF-8 text')
    expect(await page.locator('#go').isDisabled()).toBe(true)
    await drop('keys.txt', bytesOf('a'))
    expect(await page.getByRole('alert').textContent()).toBe('')
  })

  test('are chosen as a file, given up, and chosen again', async () => {
    for (let round = 0; round < 2; round++) {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), choose('Choose a file')])
      await chooser.setFiles({ name: 'keys.txt', mimeType: 'text/plain', buffer: Buffer.from('a\nb\nc') })
      await expect.poll(() => text('loaded-count')).toBe('3 keys')
      await choose('Take others')
      expect(await page.getByLabel('Keys, one a line').isVisible()).toBe(true)
    }
  })

  test('are pasted, however many', async () => {
    await page.getByLabel('Keys, one a line').evaluate((area) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', Array.from({ length: 50_000 }, (_, index) => `key ${index}`).join('\r\n'))
      area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })
    expect(await text('go')).toBe('Delete 50,000 keys')
    expect(await text('loaded-name')).toBe('Pasted')
  })
})

test.each(['S3-compatible', 'Yandex Cloud', 'Ncloud Storage', 'CTyun ZOS', 'Alibaba ESA KV', 'Alibaba DCDN KV'])(
  'from %s everything is deleted',
  async (store) => {
    await choose(store)
    await type(['a', 'b', 'großes 🫖'])
    await go()
    await ended()
    expect(await fates()).toEqual({ deleted: 3, refused: 0, unknown: 0, waiting: 0 })
    expect(await text('ending-text')).toBe('Every key is gone, on the store’s word. The store holds none now.')
    expect(await page.locator('#failures').isVisible()).toBe(false)
  },
)

test('works by the keyboard alone, and says how it goes', async () => {
  await page.locator('input[value=s3]').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.type('a\nb')
  for (let steps = 0; steps < 3; steps++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await text('title')).toBe('Deleting from Yandex Cloud')
  await ended()
  const status = page.locator('#announcement')
  expect(await status.getAttribute('role')).toBe('status')
  expect(await status.textContent()).toMatch(/^Done in .*Every key is gone/)
})

test('stops, tells what is known and where it would go on, and goes on there', async () => {
  await choose('200,000 samples')
  await choose('Flaky')
  await go()
  await expect.poll(() => number('deleted'), { timeout: 30_000 }).toBeGreaterThan(10_000)
  expect(await text('pace')).toMatch(/^[\d,]+ keys\/s · .+ left$/)
  expect(await text('go')).toBe('Stop')
  expect(await page.locator('input[value=s3]').isDisabled()).toBe(true)
  await go()
  await ended()
  expect(await text('title')).toBe('Stopped')
  const stopped = await fates()
  expect(stopped.deleted + stopped.refused + stopped.unknown + stopped.waiting).toBe(200_000)
  expect(stopped.waiting).toBeGreaterThan(0)
  const next = 200_000 - stopped.waiting + 1
  expect(await text('ending-text')).toContain(`Nothing from key ${next.toLocaleString('en')} on was sent.`)
  // What was under way may be gone.
  expect(stopped.unknown).toBeGreaterThan(0)
  expect(await page.locator('#filter-code').textContent()).toContain('Aborted')
  await page.getByRole('button', { name: `Resume from key ${next.toLocaleString('en')}` }).click()
  await page
    .getByText(/^Done in/)
    .first()
    .waitFor({ timeout: 60_000 })
  const { deleted, refused, unknown, waiting } = await fates()
  expect([deleted + refused + unknown, waiting]).toEqual([200_000, 0])
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
    const coming = page.waitForEvent('download')
    await choose(name)
    const download = await coming
    return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')]
  }

  test('are all accounted for: in figures, in the table and in both reports', async () => {
    await choose('200,000 samples')
    await choose('Hostile')
    await go()
    // The page stays usable while it deletes.
    await expect.poll(() => number('deleted'), { timeout: 30_000 }).toBeGreaterThan(0)
    const bar = page.getByRole('progressbar', { name: 'Keys whose fate is known' })
    expect(await bar.getAttribute('max')).toBe('200000')
    expect(Number(await bar.getAttribute('value'))).toBeGreaterThan(0)
    await ended()

    const { deleted, refused, unknown, waiting } = await fates()
    expect([deleted + refused + unknown, waiting]).toEqual([200_000, 0])
    expect(refused + unknown).toBeGreaterThan(4000)
    const failures = refused + unknown
    const inAll = failures.toLocaleString('en')
    expect(await text('failures-count')).toBe(`${inAll} in all`)

    // Never more rows than a page of them.
    const rows = page.locator('#failures-rows tr')
    expect(await rows.count()).toBe(25)
    expect(await text('page-number')).toBe('1–25')
    await page.getByRole('button', { name: 'Next' }).click()
    expect(await text('page-number')).toBe('26–50')
    await page.getByRole('button', { name: 'Last' }).click()
    expect(await text('page-number')).toMatch(new RegExp(`–${inAll}$`))
    expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true)

    // By outcome, by code, by text, and all at once.
    await page.getByLabel('Outcome').selectOption('unknown')
    expect(await text('failures-count')).toBe(`${unknown.toLocaleString('en')} of ${inAll}`)
    expect(new Set(await page.locator('td.outcome').allInnerTexts())).toEqual(new Set(['unknown']))
    await page.getByLabel('Outcome').selectOption('refused')
    await page.getByLabel('Code').selectOption('ObjectLocked')
    expect(new Set(await page.locator('td.code > span:first-child').allInnerTexts())).toEqual(new Set(['ObjectLocked']))
    const narrowed = await text('failures-count')
    await page.getByLabel('Text').fill('ONERROR')
    expect(await text('failures-count')).not.toBe(narrowed)
    // Markup in a key is text.
    expect((await page.locator('td.key').allInnerTexts()).every((key) => /^<img src=x onerror=alert/.test(key))).toBe(
      true,
    )
    expect(await page.locator('#failures img').count()).toBe(0)
    await page.getByLabel('Text').fill('no key is called like this')
    expect(await page.getByText('No failure is like that.').isVisible()).toBe(true)
    await page.getByLabel('Code').selectOption('')
    await page.getByLabel('Outcome').selectOption('')

    // What turns text around is shown, not done.
    await page.getByLabel('Text').fill('invoice-')
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

describe.each([
  ['wide', 1280],
  ['narrow', 400],
] as const)('on a %s screen', (_, width) => {
  test.each(['light', 'dark'] as const)('%s: nothing is cut off, and nobody is shut out', async (colorScheme) => {
    await page.setViewportSize({ width, height: 860 })
    await page.emulateMedia({ colorScheme })
    const check = async () => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      await page.addScriptTag({ content: axe.source })
      const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
      expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
    }
    await check()
    await choose('Hostile')
    const keys = Array.from({ length: 3000 }, (_none, index) => `${'a-long-folder-name/'.repeat(index % 20)}${index}`)
    await drop('keys.txt', bytesOf(keys.join('\n')))
    await expect.poll(() => text('loaded-count')).toBe('3,000 keys')
    await check()
    await go()
    await ended()
    await check()
  })
})
