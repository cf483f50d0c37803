import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

// Holds the declarations that were built last against docs/api, which keeps them as they were agreed upon.

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const root = join(import.meta.dirname, '../..')
const DOORS = { keysweep: 'dist/index.d.ts', emulator: 'dist/emulator/index.d.ts' }

for (const [name, path] of Object.entries(DOORS)) {
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, path),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(root, 'docs/api'),
        reportTempFolder: join(root, 'node_modules/.cache/api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        // What it would have documented by tags of its own.
        extractorMessageReporting: { 'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
  const { apiReportChanged, succeeded } = Extractor.invoke(config, {
    localBuild: values.write,
    messageCallback: (message) => {
      if (message.messageId.startsWith('console-')) message.handled = true
    },
  })
  if (values.write || (succeeded && !apiReportChanged)) continue
  console.error(`docs/api/${name}.api.md is not what is built; if it is meant so, run npm run api -- --write`)
  process.exitCode = 1
}
