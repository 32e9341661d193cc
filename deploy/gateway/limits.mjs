// What an operation may ask for, counted with fragments expanded, before anything is fetched.
// The subgraphs count the same way (shared/crmkit/web/graphql/limits.py), each its own part.

import {
  GraphQLError,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  getNamedType,
  getNullableType,
  isListType,
  parse,
} from 'graphql'

export const MAX_BODY = 1024 * 1024
export const MAX_LENGTH = 50_000
export const MAX_TOKENS = 1000
const MAX = { depth: 12, aliases: 15, fields: 10, cost: 1000 }
const NAMES = { depth: 'depth', aliases: 'aliases', fields: 'root fields', cost: 'cost' }
const MAX_PAGE = 100
const USUAL_LIST = 10
const INTROSPECTION = { __schema: SchemaMetaFieldDef, __type: TypeMetaFieldDef }

export function exceeded(what) {
  const extensions = { code: 'LIMIT_EXCEEDED' }
  return new GraphQLError(`the operation exceeds a limit: ${what}`, { extensions })
}

/** Parses at most MAX_TOKENS tokens of at most MAX_LENGTH characters. */
export function bounded(source, options) {
  const text = typeof source === 'string' ? source : source.body
  if (text.length > MAX_LENGTH) throw exceeded(`characters, at most ${MAX_LENGTH}`)
  try {
    return parse(source, { ...options, maxTokens: MAX_TOKENS })
  } catch (error) {
    if (/Parsing aborted/.test(error.message)) throw exceeded(`tokens, at most ${MAX_TOKENS}`)
    throw error
  }
}

/** The error of an operation that is too large, or undefined; the document is valid. */
export function tooLarge(schema, document, operationName, variables) {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
  const operation = operations.find((each) => each.name?.value === operationName) ?? operations[0]
  const measure = new Measure(schema, document, operation, variables ?? {})
  const root = schema.getRootType(operation.operation)
  const size = measure.selections(operation.selectionSet, root)
  const over = Object.keys(MAX).find((name) => size[name] > MAX[name])
  if (over) return exceeded(`${NAMES[over]}, at most ${MAX[over]}`)
  return measure.page > MAX_PAGE ? exceeded(`first, at most ${MAX_PAGE}`) : undefined
}

class Measure {
  constructor(schema, document, operation, variables) {
    this.schema = schema
    this.fragments = new Map(
      document.definitions
        .filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
        .map((each) => [each.name.value, each]),
    )
    const defaults = (operation.variableDefinitions ?? []).map((each) => [
      each.variable.name.value,
      each.defaultValue?.kind === Kind.INT ? Number(each.defaultValue.value) : undefined,
    ])
    this.variables = { ...Object.fromEntries(defaults), ...variables }
    this.known = new Map()
    this.page = 0
  }

  selections(node, parent) {
    const sum = { depth: 0, aliases: 0, fields: 0, cost: 0 }
    for (const selection of node.selections) {
      const size = this.selection(selection, parent)
      sum.depth = Math.max(sum.depth, size.depth)
      sum.aliases += size.aliases
      sum.fields += size.fields
      sum.cost += size.cost
    }
    return sum
  }

  selection(node, parent) {
    if (node.kind === Kind.FIELD) return this.field(node, parent)
    if (node.kind === Kind.FRAGMENT_SPREAD) return this.spread(node.name.value)
    const on = node.typeCondition
    return this.selections(node.selectionSet, on ? this.schema.getType(on.name.value) : parent)
  }

  spread(name) {
    if (!this.known.has(name)) {
      const fragment = this.fragments.get(name)
      const on = this.schema.getType(fragment.typeCondition.name.value)
      this.known.set(name, this.selections(fragment.selectionSet, on))
    }
    return this.known.get(name)
  }

  field(node, parent) {
    const aliases = node.alias ? 1 : 0
    if (!node.selectionSet) return { depth: 1, aliases, fields: 1, cost: 0 }
    const introspects = INTROSPECTION[node.name.value]
    if (introspects) {
      const inner = this.selections(node.selectionSet, getNamedType(introspects.type))
      return { depth: 1, aliases: aliases + inner.aliases, fields: 1, cost: 0 }
    }
    const definition = parent.getFields()[node.name.value]
    const inner = this.selections(node.selectionSet, getNamedType(definition.type))
    return {
      depth: 1 + inner.depth,
      aliases: aliases + inner.aliases,
      fields: 1,
      cost: 1 + this.times(node, definition, parent) * inner.cost,
    }
  }

  times(node, definition, parent) {
    const first = definition.args.find((each) => each.name === 'first')
    if (first) {
      const given = node.arguments?.find((each) => each.name.value === 'first')?.value
      const wanted = given === undefined ? first.defaultValue : this.number(given)
      this.page = Math.max(this.page, wanted)
      return Math.max(wanted, 1)
    }
    const ofPage = 'pageInfo' in parent.getFields()
    return isListType(getNullableType(definition.type)) && !ofPage ? USUAL_LIST : 1
  }

  number(value) {
    const found = value.kind === Kind.VARIABLE ? this.variables[value.name.value] : value.value
    return Number.isInteger(Number(found)) ? Number(found) : 1
  }
}
