import axe from 'axe-core'
import { expect, test } from 'vitest'
import { bytesOf, visitPage } from './visit.js'

// How the example page looks in Chromium, and whether everyone can use it.

const { page, text, choose, go, ended, drop } = visitPage()

test.each([
  ['wide', 'light', 1280],
  ['wide', 'dark', 1280],
  ['narrow', 'light', 400],
  ['narrow', 'dark', 400],
] as const)('on a %s and %s screen nothing is cut off, and nobody is shut out', async (_, colorScheme, width) => {
  await page().setViewportSize({ width, height: 860 })
  await page().emulateMedia({ colorScheme })
  const check = async () => {
    expect(await page().evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await page().addScriptTag({ content: axe.source })
    const { violations } = await page().evaluate<axe.AxeResults>('axe.run()')
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
  }
  await check()
  await choose('Hostile')
  const keys = Array.from({ length: 3000 }, (_none, index) => `${'a-long-folder-name/'.repeat(index % 20)}${index}`)
  // One that no store takes.
  keys[7] = 'x'.repeat(2000)
  await drop('keys.txt', bytesOf(keys.join('\n')))
  await expect.poll(() => text('loaded-count')).toBe('3,000 keys')
  await check()
  await go()
  await ended()
  await check()
})
