// What a careful programmer writes for S3 with undici and nothing else: no retries, no limits, no report.
import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'undici'
import { batchwise, CONTAINER, CREDENTIALS, REGION } from '../client/contender.js'

const HEAD = '<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
const SPECIAL = /[&<>"'\r\n]/
const escapeXml = (text: string): string => text.replace(/[&<>"'\r\n]/g, (char) => `&#${char.charCodeAt(0)};`)

function deleteXml(keys: readonly string[], quiet: boolean): Buffer {
  let xml = quiet ? `${HEAD}<Quiet>true</Quiet>` : HEAD
  for (const key of keys) xml += `<Object><Key>${SPECIAL.test(key) ? escapeXml(key) : key}</Key></Object>`
  return Buffer.from(`${xml}</Delete>`)
}

const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')

let day = ''
let dayKey: Buffer = Buffer.alloc(0)

function signingKey(date: string): Buffer {
  if (date !== day) {
    day = date
    dayKey = ['us-east-1', 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${CREDENTIALS.secretAccessKey}`, date))
  }
  return dayKey
}

function signed(host: string, path: string, body: Buffer): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const date = time.slice(0, 8)
  const md5 = createHash('md5').update(body).digest('base64')
  const hash = sha256(body)
  const names = 'content-md5;content-type;host;x-amz-content-sha256;x-amz-date'
  const canonical = `POST\n${path}\ndelete=\ncontent-md5:${md5}\ncontent-type:application/xml\nhost:${host}\nx-amz-content-sha256:${hash}\nx-amz-date:${time}\n\n${names}\n${hash}`
  const scope = `${date}/${REGION}/s3/aws4_request`
  const signature = hmac(signingKey(date), `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
  return {
    'content-md5': md5,
    'content-type': 'application/xml',
    'x-amz-content-sha256': hash,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code
      ? String.fromCodePoint(Number(code))
      : ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name as string] ?? ''),
  )

function readDeleted(xml: string): string[] {
  const deleted: string[] = []
  for (const [, key = ''] of xml.matchAll(/<Deleted><Key>([^<]*)<\/Key>/g))
    deleted.push(key.includes('&') ? unescapeXml(key) : key)
  return deleted
}

export const run = batchwise(({ endpoint, quiet, concurrency }) => {
  const { host } = new URL(endpoint)
  const path = `/${CONTAINER}`
  const dispatcher = new Agent({ connections: concurrency })
  return async (keys) => {
    const body = deleteXml(keys, quiet)
    const headers = signed(host, path, body)
    const answer = await request(`${endpoint}${path}?delete=`, { dispatcher, method: 'POST', headers, body })
    const xml = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(xml)
    const failed = xml.match(/<Error>/g)?.length ?? 0
    return quiet ? keys.length - failed : readDeleted(xml).length
  }
})
