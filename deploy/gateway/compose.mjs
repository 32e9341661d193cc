// Composes subgraphs/*.graphql into supergraph.graphql; `--check` only says whether it would differ.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { composeServices } from '@theguild/federation-composition'
import { Kind, parse, visit } from 'graphql'

const here = (name) => new URL(name, import.meta.url)

/** A field that its subgraph marks @inaccessible is for that subgraph's own callers alone. */
function composable(text) {
  const own = (node) => node.directives?.some((each) => each.name.value === 'inaccessible')
  return visit(parse(text), { [Kind.FIELD_DEFINITION]: (node) => (own(node) ? null : undefined) })
}

const services = readdirSync(here('subgraphs'))
  .filter((file) => file.endsWith('.graphql'))
  .sort()
  .map((file) => {
    const name = file.replace('.graphql', '')
    const typeDefs = composable(readFileSync(here(`subgraphs/${file}`), 'utf8'))
    return { name, url: `http://127.0.0.1:8000/graphql/${name}`, typeDefs }
  })

const { errors, supergraphSdl } = composeServices(services)
if (errors?.length) {
  for (const error of errors) console.error(error.message)
  process.exit(1)
}
const target = here('supergraph.graphql')
const composed = `${supergraphSdl.trim()}\n`
if (!process.argv.includes('--check')) {
  writeFileSync(target, composed)
} else if (readFileSync(target, 'utf8') !== composed) {
  console.error('supergraph.graphql is not what subgraphs/ compose to: make gateway')
  process.exit(1)
}
