// Package aicontext is what an agent should read next of a session.
//
// A Book remembers a session's commands as they end: the newest with their reduced
// text, older ones as a line each, and the findings of what still fails. A Conversation
// keeps messages within a budget and summarises the oldest by rules alone. A Ledger
// counts the tokens of what was answered against what a terminal showed.
//
// What is read is within its budget, and its beginning stays the same, byte for byte,
// from one reading to the next for as long as it can: new things are appended, the
// present stands at the end, and what grows old is shortened in batches. A reading costs
// what the answer costs, however long the history is.
//
// The package knows no session and no file: whoever has them tells it what happened and
// stores what it hands out.
package aicontext
