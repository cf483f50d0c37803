import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { launchChromium } from './chromium.js'
import { serveSite } from './site.js'

export const bytesOf = (keys: string) => [...Buffer.from(keys)]

/** Opens the example page in Chromium, anew for each test of a file. It must call nobody, and the console must stay empty. */
export function visitPage() {
  let browser: Awaited<ReturnType<typeof launchChromium>>
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
    expect(said).toEqual([])
    await page.close()
  })

  const text = async (id: string) => (await page.locator(`#${id}`).textContent()) ?? ''
  const number = async (id: string) => Number((await text(id)).replaceAll(',', ''))
  return {
    /** The page of the test that is running. */
    page: () => page,
    text,
    number,
    choose: (label: string) => page.getByText(label).click(),
    type: (keys: readonly string[]) => page.getByLabel('Keys, one a line').fill(keys.join('\n')),
    go: () => page.locator('#go').click(),
    ended: () => page.locator('#ending').waitFor({ timeout: 60_000 }),
    fates: async () => ({
      deleted: await number('deleted'),
      refused: await number('refused'),
      unknown: await number('unknown'),
      notSent: await number('not-sent'),
      waiting: await number('waiting'),
    }),
    /** Drops a file on the page as a file manager does. */
    async drop(name: string, content: readonly number[]): Promise<void> {
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
    },
  }
}
