import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { SizeFigures } from '../figures/figures.js'

/** What is measured, and what it may weigh at most, in bytes. */
interface Subject {
  readonly title: string
  readonly code: string
  /** It runs nowhere else. */
  readonly isForNode?: boolean
  readonly most?: number
  /** What it is meant to come down to. */
  readonly goal?: number
}

const provider = (name: string, client: string, most: number, goal: number): Subject => ({
  title: `\`keysweep/${name}\``,
  code: `export { ${client} } from 'keysweep/${name}'`,
  most,
  goal,
})

const OURS: readonly Subject[] = [
  provider('alibaba-esa', 'EsaKvClient', 22_900, 5000),
  provider('alibaba-dcdn', 'DcdnKvClient', 22_900, 5000),
  provider('ctyun-zos', 'CtyunZosClient', 21_300, 5000),
  provider('ncloud', 'NcloudStorageClient', 30_100, 7000),
  provider('yandex', 'YandexStorageClient', 30_100, 7000),
  provider('s3', 'S3StorageClient', 30_100, 7000),
  { title: '`keysweep`, all six', code: `export * from 'keysweep'`, most: 36_200, goal: 11_000 },
]

const OTHERS: readonly Subject[] = [
  { title: 'aws4fetch and a hand-written delete, without an engine', code: `export * from './hand-written.js'` },
  { title: 's3mini', code: `export { S3mini } from 's3mini'` },
  { title: '@aws-sdk/client-s3', code: `export { S3Client, DeleteObjectsCommand } from '@aws-sdk/client-s3'` },
  { title: 'ali-oss', code: `export { default } from 'ali-oss'` },
  { title: 'minio', code: `export { Client } from 'minio'`, isForNode: true },
  { title: '@alicloud/esa20240910', code: `export { default } from '@alicloud/esa20240910'`, isForNode: true },
]

/** What has a file loaded that is not there from the start. */
const OCCASIONS: Readonly<Record<string, string>> = {
  'xml-document': 'an answer in an unusual form',
  sha256: 'a page without `crypto.subtle`',
}

/** Sizes of the package's clients, and of what else deletes from these stores; minified and gzipped. */
export async function measureSizes(project: string): Promise<SizeFigures[]> {
  const figures: SizeFigures[] = []
  for (const [subjects, folder] of [
    [OURS, project],
    [OTHERS, import.meta.dirname],
  ] as const)
    for (const subject of subjects) figures.push(await measure(subject, folder))
  return figures
}

async function measure({ title, code, isForNode = false, most, goal }: Subject, folder: string): Promise<SizeFigures> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder },
    absWorkingDir: folder,
    outdir: 'out',
    bundle: true,
    minify: true,
    format: 'esm',
    ...(isForNode ? { platform: 'node' } : { platform: 'browser', splitting: true }),
    logLevel: 'silent',
    tsconfigRaw: {},
    write: false,
    metafile: true,
  })
  const { outputs } = metafile
  const bytesOf = (path: string) =>
    gzipSync(outputFiles.find((file) => file.path === join(folder, path))?.contents ?? '').length
  const sum = (paths: Iterable<string>) => [...paths].reduce((bytes, path) => bytes + bytesOf(path), 0)
  /** Everything that comes with a file. */
  const closureOf = (path: string) => {
    const paths = new Set([path])
    for (const each of paths)
      for (const { kind, path: next } of outputs[each]?.imports ?? [])
        if (kind === 'import-statement' && outputs[next]) paths.add(next)
    return paths
  }
  const eager = closureOf(Object.keys(outputs).find((path) => outputs[path]?.entryPoint === '<stdin>') ?? '')
  const imports = [...eager].flatMap((path) => outputs[path]?.imports ?? [])
  const later = new Set(imports.flatMap(({ kind, path }) => (kind === 'dynamic-import' ? path : [])))
  return {
    title,
    isForNode,
    bytes: sum(eager),
    ...(most !== undefined && { most }),
    ...(goal !== undefined && { goal }),
    later: Array.from(later, (path) => ({
      occasion: occasionOf(outputs[path]?.entryPoint ?? path),
      bytes: sum([...closureOf(path)].filter((each) => !eager.has(each))),
    })),
  }
}

function occasionOf(entryPoint: string): string {
  const [, occasion] = Object.entries(OCCASIONS).find(([name]) => entryPoint.includes(name)) ?? []
  return occasion ?? 'other parts of it'
}
