import { describe, expect, test } from 'vitest'
import { bytesOf, visitPage } from './visit.js'

// The example page in Chromium, used as a person uses it.

const { page, text, number, choose, type, go, ended, fates, drop } = visitPage()

describe('keys', () => {
  test('without any there is nothing to delete, and a hint of what to do', async () => {
    expect(await page().locator('#go').isDisabled()).toBe(true)
    expect(await page().getByRole('heading', { name: 'No keys yet' }).isVisible()).toBe(true)
    expect(await page().locator('#run').isVisible()).toBe(false)
  })

  test('are typed', async () => {
    await type(['a', '', 'b'])
    expect(await text('go')).toBe('Delete 2 keys')
    await type([])
    expect(await page().locator('#go').isDisabled()).toBe(true)
  })

  test('are dropped as a file, exactly as they stand there', async () => {
    await drop('my keys.txt', bytesOf('\ufeff one \r\n007\r\ntab\t\u202e\r\n'))
    expect(await text('loaded-count')).toBe('3 keys')
    expect(await text('loaded-name')).toBe('my keys.txt')
    expect(await page().locator('#loaded-keys li').allInnerTexts()).toEqual(['␣one␣', '007', 'tab␉U+202E'])
  })

  test('are refused in a file that is no UTF-8', async () => {
    await drop('picture.jpg', [0xff, 0xd8, 0xff])
    expect(await page().getByRole('alert').textContent()).toContain('picture.jpg is not UTF-8 text')
    expect(await page().locator('#go').isDisabled()).toBe(true)
    await drop('keys.txt', bytesOf('a'))
    expect(await page().getByRole('alert').textContent()).toBe('')
  })

  test('are chosen as a file, given up, and chosen again', async () => {
    for (let round = 0; round < 2; round++) {
      const [chooser] = await Promise.all([page().waitForEvent('filechooser'), choose('Choose a file')])
      await chooser.setFiles({ name: 'keys.txt', mimeType: 'text/plain', buffer: Buffer.from('a\nb\nc') })
      await expect.poll(() => text('loaded-count')).toBe('3 keys')
      await choose('Take others')
      expect(await page().getByLabel('Keys, one a line').isVisible()).toBe(true)
    }
  })

  test('are pasted, however many', async () => {
    await page()
      .getByLabel('Keys, one a line')
      .evaluate((area) => {
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
    expect(await fates()).toEqual({ deleted: 3, refused: 0, unknown: 0, notSent: 0, waiting: 0 })
    expect(await text('ending-text')).toBe('Every key is gone, on the store’s word. The store holds none now.')
    expect(await page().locator('#failures').isVisible()).toBe(false)
  },
)

test('a key that never left is not called refused', async () => {
  await type(['a', 'x'.repeat(2000), 'b'])
  await go()
  await ended()
  expect(await number('refused')).toBe(0)
  expect(await fates()).toEqual({ deleted: 2, refused: 0, unknown: 0, notSent: 1, waiting: 0 })
  expect(await page().locator('td.outcome').allInnerTexts()).toEqual(['not sent'])
})

test('works by the keyboard alone, and says how it goes', async () => {
  await page().locator('input[value=s3]').focus()
  await page().keyboard.press('ArrowDown')
  await page().keyboard.press('Tab')
  await page().keyboard.press('Tab')
  await page().keyboard.type('a\nb')
  for (let steps = 0; steps < 3; steps++) await page().keyboard.press('Tab')
  await page().keyboard.press('Enter')
  expect(await text('title')).toBe('Deleting from Yandex Cloud')
  await ended()
  const status = page().locator('#announcement')
  expect(await status.getAttribute('role')).toBe('status')
  expect(await status.textContent()).toMatch(/^Done in .*Every key is gone/)
})
