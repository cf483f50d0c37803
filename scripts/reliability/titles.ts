import ts from 'typescript'

/**
 * The titles of the tests in a file, each behind those of its groups: `group › test`. What is filled in from a table or a
 * variable reads `…`.
 */
export function titlesOf(source: string): string[] {
  const titles: string[] = []
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const call = ts.isCallExpression(node) ? titled(node) : undefined
    if (call?.kind === 'test') titles.push([...groups, call.title].join(' › '))
    const inner = call?.kind === 'describe' && call.title !== '…' ? [...groups, call.title] : groups
    ts.forEachChild(node, (child) => visit(child, inner))
  }
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest), [])
  return titles
}

/** What `test('…')`, `it.each(cases)('…')` or `describe('…')` is called. */
function titled({ expression, arguments: [title] }: ts.CallExpression) {
  const name = rootOf(expression)
  if (!title || !(ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))) return undefined
  if (name !== 'test' && name !== 'it' && name !== 'describe') return undefined
  return { kind: name === 'describe' ? name : 'test', title: plain(title) } as const
}

function rootOf(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text
  if (ts.isCallExpression(expression) || ts.isPropertyAccessExpression(expression)) return rootOf(expression.expression)
  return ''
}

function plain(title: ts.StringLiteralLike | ts.TemplateExpression): string {
  if (ts.isTemplateExpression(title))
    return [title.head.text, ...title.templateSpans.map(({ literal }) => `…${literal.text}`)].join('')
  return title.text.replace(/%[a-z]|\$[a-zA-Z]+/g, '…')
}
