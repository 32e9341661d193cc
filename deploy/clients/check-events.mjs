/** Ends with 1 where AsyncAPI's own parser finds an error in the document. */
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const diagnostics = await new Parser().validate(await readFile(process.argv[2], "utf8"));
const errors = diagnostics.filter((each) => each.severity === 0);
for (const each of errors) console.error(`${each.path.join(".")}: ${each.message}`);
process.exit(errors.length ? 1 : 0);
