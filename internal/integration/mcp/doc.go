// Package mcp gives the operations to models, over the Model Context Protocol.
//
// A few tools stand for many operations: what a model reads before it has done
// anything must be short, so the tools are chosen by hand and a test holds each
// parameter to the field of the operation it becomes. An answer is a line of facts and
// then the text that matters; what was left out is a resource with an address. Long
// commands answer before a client loses patience, with the address to go on at; a
// cancelled call interrupts its command; what a program asks for is asked of the
// person, and goes to the terminal without passing through the model.
//
// Revisions 2025-11-25 and 2026-07-28 are served side by side on one URL and on
// standard input. What an operation does, and who may, is the Caller's business.
package mcp
