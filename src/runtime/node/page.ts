import type { Page } from '../page.js'

/** Node shows no pages. */
export const pageUrl: Page['pageUrl'] = () => undefined

export const warnOfSecret: Page['warnOfSecret'] = () => {}
