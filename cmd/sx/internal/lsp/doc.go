// Package lsp is a language server for SX: diagnostics, completion, hover, definition, references, rename, formatting and
// symbols, as the Language Server Protocol 3.17 has them.
//
// One goroutine reads messages, one handles them in their order, and one analyses. What needs no more than the text of a
// buffer (formatting, symbols, and completion with the last analysis) is answered at once. What needs to know what names
// mean waits for the analysis of the buffers as they were when it was asked for. An edit replaces an analysis that
// has not begun, so that typing never queues up work; no timer is involved.
//
// An application is loaded by the code that serves it, with the open buffers laid over its files. A file that cannot be
// read is repaired for the loader: what is open in the definition being typed is closed, and everything else keeps its
// meaning.
package lsp
