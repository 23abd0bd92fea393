import { type Outs, println } from './print';
import { ServerError, type ToolError } from './tool-error';

/**
 * `--json`, which every listing or describing tool has beyond Apache's. The one shape that all share:
 *
 * - One JSON document on stdout and nothing else; notices and warnings go to stderr as ever.
 * - The document is an object whose members are named lists (`{"topics": […]}`), so that it can grow.
 * - Kafka's words in camel case with units last (`commitTimestampMs`); what is not known is null, never "-" or -1.
 * - What failed for one item stands in that item, or in the list `errors`, as `jsonError` gives it; the exit code is then 1.
 * - Where the whole command fails there is no document: a message on stderr and exit code 1.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export type JsonDocument = { readonly [name: string]: Json };

/** For the tools that parse as joptsimple does. */
export const JSON_OPTION = {
  json: { description: 'Print one JSON document instead of text.', isExtension: true },
} as const;

/** For the tools that parse as argparse4j does. */
export const JSON_ARGUMENT = {
  json: { isExtension: true, description: JSON_OPTION.json.description },
} as const;

const INDENT = 2;

/** Prints the tool's one document. */
export const printJson = (outs: Outs, document: JsonDocument): void =>
  println(outs.stdout, JSON.stringify(document, null, INDENT));

/** Prints one of many documents (`--watch`): each is a line, as readers of streams expect. */
export const printJsonLine = (outs: Outs, document: JsonDocument): void =>
  println(outs.stdout, JSON.stringify(document));

/** A failure within a document: the broker's error name, or the exception's class where no broker said it. */
export const jsonError = (error: ToolError): JsonDocument => ({
  error: error instanceof ServerError ? error.error : error.className,
  message: error.message,
});
