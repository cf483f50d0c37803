// Writes the picture of the page that the README shows: npm run example:screenshot
import { fileURLToPath } from 'node:url'
import { launchChromium } from './chromium.js'
import { serveSite } from './site.js'

const path = fileURLToPath(new URL('../../../docs/browser.png', import.meta.url))
const browser = await launchChromium()
const site = await serveSite()
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' })
  await page.goto(site.url)
  await page.getByText('200,000 samples').click()
  await page.getByText('Hostile', { exact: true }).click()
  await page.locator('#go').click()
  await page.waitForFunction(() => (document.querySelector('progress')?.position ?? 0) >= 0.62)
  await page.screenshot({ path })
  console.log(path)
} finally {
  await browser.close()
  await site.close()
}
