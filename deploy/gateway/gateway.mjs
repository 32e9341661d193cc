// One GraphQL endpoint over the composed supergraph.

import { readFileSync } from 'node:fs'
import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation'
import { GraphQLError, NoSchemaIntrospectionCustomRule } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { Documents } from './documents.mjs'
import { bounded, tooLarge } from './limits.mjs'
import { caller, executor } from './subgraphs.mjs'

const supergraphSdl = readFileSync(new URL('supergraph.graphql', import.meta.url), 'utf8')

function stitched(settings) {
  return getStitchedSchemaFromSupergraphSdl({
    supergraphSdl,
    batch: true,
    onSubschemaConfig(config) {
      const endpoint = settings.subgraphs.replace('{service}', config.name.toLowerCase())
      config.executor = executor(endpoint)
      config.batch = true
    },
  })
}

/** The limits of what may be asked, before and after variables are known. */
function limits(settings) {
  const measured = ({ args, setResultAndStopExecution }) => {
    const { schema, document, operationName, variableValues } = args
    const error = tooLarge(schema, document, operationName, variableValues)
    if (error) setResultAndStopExecution({ errors: [error] })
  }
  return {
    onParse({ setParseFn }) {
      setParseFn(bounded)
    },
    onValidate({ addValidationRule }) {
      if (settings.production) addValidationRule(NoSchemaIntrospectionCustomRule)
    },
    onExecute: measured,
    onSubscribe: measured,
  }
}

const HIDDEN = /^Cannot return null for non-nullable field \w+\.\w+\.$/

/** An entity that its subgraph does not show to the caller is null, as it is within a subgraph. */
const hidden = {
  onExecute: () => ({
    onExecuteDone: ({ result, setResult }) => {
      if (!result.errors) return
      const errors = result.errors.filter((each) => each.extensions?.code || !HIDDEN.test(each.message))
      setResult({ ...result, errors: errors.length ? errors : undefined })
    },
  }),
}

function persisted(documents) {
  return {
    onParams({ params, setParams }) {
      setParams({ ...params, query: documents.text(params) })
    },
  }
}

/** What has a code was meant for the caller; all else is told to the log only. */
function maskError(error) {
  const shown = error instanceof GraphQLError || error?.name === 'GraphQLError'
  if (shown && (error.extensions?.code || !error.originalError)) return error
  console.error(error?.originalError ?? error)
  return new GraphQLError('internal error', {
    nodes: error.nodes,
    path: error.path,
    extensions: { code: 'INTERNAL' },
  })
}

export function gateway(settings) {
  const documents = new Documents(settings.documents, settings.production)
  const yoga = createYoga({
    schema: stitched(settings),
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: '/livez',
    graphiql: false,
    landingPage: false,
    batching: false,
    cors: false,
    multipart: false,
    extraParamNames: ['documentId'],
    context: ({ request, req }) =>
      request
        ? { caller: caller((name) => request.headers.get(name), req?.socket.remoteAddress) }
        : {},
    maskedErrors: { maskError },
    plugins: [persisted(documents), limits(settings), hidden],
    logging: 'warn',
  })
  return { yoga, documents }
}
