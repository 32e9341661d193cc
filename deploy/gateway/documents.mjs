// Persisted documents: by SHA-256 (`extensions.persistedQuery`) or by `documentId`.
// In production only those of a folder are run; else what a client registers is kept for a while.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { GraphQLError } from 'graphql'
import { MAX_LENGTH } from './limits.mjs'

const MOST_LEARNT = 1000

const digest = (text) => createHash('sha256').update(text).digest('hex')

function refusal(message, code) {
  return new GraphQLError(message, { extensions: { code, http: { status: 200 } } })
}

export class Documents {
  constructor(folder, production) {
    this.production = production
    this.learnt = new Map()
    this.registered = new Map()
    for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
      if (!file.endsWith('.graphql')) continue
      const text = readFileSync(`${folder}/${file}`, 'utf8')
      this.registered.set(digest(text), text)
      this.registered.set(file.replace(/\.graphql$/, ''), text)
    }
  }

  /** The text that a request means; throws what the client is to be told. */
  text({ query, documentId, extensions }) {
    const hash = extensions?.persistedQuery?.sha256Hash
    const id = documentId ?? hash
    if (query) return this.given(query, hash)
    if (typeof id !== 'string') throw refusal('there is no document to run', 'BAD_REQUEST')
    const name = id.replace(/^sha256:/, '')
    const found = this.registered.get(name) ?? this.learnt.get(name)
    if (found === undefined) throw refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND')
    return found
  }

  given(query, hash) {
    const own = digest(query)
    if (hash !== undefined && hash !== own) {
      throw refusal('the SHA-256 is not that of the query', 'PERSISTED_QUERY_MISMATCH')
    }
    if (this.production && !this.registered.has(own)) {
      throw refusal('only registered documents are run here', 'PERSISTED_QUERY_ONLY')
    }
    if (hash !== undefined && !this.production && query.length <= MAX_LENGTH) this.learn(own, query)
    return query
  }

  learn(hash, query) {
    if (this.learnt.size >= MOST_LEARNT) this.learnt.delete(this.learnt.keys().next().value)
    this.learnt.set(hash, query)
  }
}
