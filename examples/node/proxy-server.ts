// Lets the pages of one's own site call Edge KV of Alibaba Cloud ESA and CTyun ZOS: npx tsx examples/node/proxy-server.ts
import { serve } from 'srvx'
import { proxy } from '../proxy/proxy.js'

const esa = proxy({ path: '/proxy/esa', upstream: 'https://esa.cn-hangzhou.aliyuncs.com', calls: ['/'] })
const ctyun = proxy({
  path: '/proxy/ctyun',
  upstream: 'https://zos-global.ctapi.ctyun.cn',
  calls: ['/v4/oss/delete-objects'],
})

export const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8788),
  silent: true,
  fetch: (request) => (new URL(request.url).pathname.startsWith('/proxy/esa/') ? esa(request) : ctyun(request)),
})
await server.ready()
console.log(server.url)
