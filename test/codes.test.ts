import { EsaKvClient } from 'keysweep/alibaba-esa'
import { S3StorageClient } from 'keysweep/s3'
import { describe, expect, test } from 'vitest'

const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
const retry = { maxAttempts: 3, baseDelayMs: 0 }

describe.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'a code of %s is a code like any other',
  (code) => {
    test('of S3', async () => {
      const body = `<Error><Code>${code}</Code><Message>says so.</Message></Error>`
      const fetch = async () => new Response(body, { status: 403 })
      const run = new S3StorageClient({ bucket: 'b', region: 'r', credentials, retry, fetch }).deleteMany(['a', 'b'])
      await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining('says so. (') })
    })

    test('of ESA', async () => {
      const fetch = async () => Response.json({ Code: code, Message: 'says so' }, { status: 403 })
      const run = new EsaKvClient({ namespace: 'n', credentials, retry, fetch }).deleteMany(['a', 'b'])
      await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining('says so (') })
    })
  },
)

test.each(['TooManyRequests', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'BadDigest', 'SlowDown'])(
  'a key that fails for %s is tried again',
  async (code) => {
    let asked = 0
    const fetch = async () => {
      asked++
      return new Response(`<DeleteResult><Error><Key>a</Key><Code>${code}</Code></Error></DeleteResult>`)
    }
    const client = new S3StorageClient({ bucket: 'b', region: 'r', credentials, retry, fetch })
    expect((await client.deleteMany(['a'])).failed).toMatchObject([{ code, retryable: true, attempts: 3 }])
    expect(asked).toBe(3)
  },
)

test('no entries and no options are named', async () => {
  const client = new EsaKvClient({ namespace: 'n', credentials, fetch: () => expect.fail('sent') })
  await expect(client.putMany([], null as never)).rejects.toThrow('options must be an object, not null')
  await expect(client.putMany(null as never)).rejects.toThrow(/^entries must be/)
})
