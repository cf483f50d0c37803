const HEAD = '<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
const SPECIAL = /[&<>"'\r\n]/
const escapeXml = (text: string): string => text.replace(/[&<>"'\r\n]/g, (char) => `&#${char.charCodeAt(0)};`)

/** The body of DeleteObjects as a template writes it. */
export function deleteXml(keys: readonly string[], quiet: boolean): string {
  let xml = quiet ? `${HEAD}<Quiet>true</Quiet>` : HEAD
  for (const key of keys) xml += `<Object><Key>${SPECIAL.test(key) ? escapeXml(key) : key}</Key></Object>`
  return `${xml}</Delete>`
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescapeXml = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code ? String.fromCodePoint(Number(code)) : (NAMED[name] as string),
  )

function readDeleted(xml: string): string[] {
  const deleted: string[] = []
  for (const [, key = ''] of xml.matchAll(/<Deleted><Key>([^<]*)<\/Key>/g))
    deleted.push(key.includes('&') ? unescapeXml(key) : key)
  return deleted
}

/** How many of `sent` the answer says are deleted, read with regular expressions. */
export function deletedIn(xml: string, sent: number, quiet: boolean): number {
  const failed = xml.match(/<Error>/g)?.length ?? 0
  return quiet ? sent - failed : readDeleted(xml).length
}
