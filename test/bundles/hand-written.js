import { AwsClient } from 'aws4fetch'

// The least that deletes from S3 and tells what failed: what keysweep is measured against.

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

export async function deleteMany({ bucketUrl, accessKeyId, secretAccessKey }, keys) {
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3' })
  const failed = []
  for (let start = 0; start < keys.length; start += 1000) {
    const objects = keys.slice(start, start + 1000).map((key) => {
      const text = key.replace(/[&<>\r]/g, (char) => ENTITIES[char])
      return `<Object><Key>${text}</Key></Object>`
    })
    const body = new TextEncoder().encode(`<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`)
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
    const headers = { 'x-amz-checksum-sha256': btoa(String.fromCharCode(...sum)) }
    const answer = await client.fetch(`${bucketUrl}?delete`, { method: 'POST', headers, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    for (const [, key] of text.matchAll(/<Error>.*?<Key>(.*?)<\/Key>/gs)) failed.push(key)
  }
  return failed
}
