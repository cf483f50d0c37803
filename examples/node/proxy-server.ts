// Lets the pages of one's own site delete from Edge KV of Alibaba Cloud ESA and from CTyun ZOS: npx tsx examples/node/proxy-server.ts
// PROXY_SESSION stands for your sessions.
import { serve } from 'srvx'
import { proxy } from '../proxy/proxy.js'
import { hasSession } from '../secrets/callers.js'

const session = process.env.PROXY_SESSION
if (!session) throw new Error('PROXY_SESSION is not set')
const mayUse = (caller: Request) => hasSession(caller, session)
const esa = proxy({
  path: '/proxy/esa',
  upstream: 'https://esa.cn-hangzhou.aliyuncs.com',
  calls: ['/'],
  actions: ['BatchDeleteKv'],
  mayUse,
})
const ctyun = proxy({
  path: '/proxy/ctyun',
  upstream: 'https://zos-global.ctapi.ctyun.cn',
  calls: ['/v4/oss/delete-objects'],
  mayUse,
})

export const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8788),
  silent: true,
  fetch: (request) => (new URL(request.url).pathname.startsWith('/proxy/esa/') ? esa(request) : ctyun(request)),
})
await server.ready()
console.log(server.url)
