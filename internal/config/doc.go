// Package config is where things are and what the user set: folders, the socket,
// config.toml and the environment variables that stand above it.
//
// Folders are private (0700) and checked to be the user's own before anything is
// put there. An unknown key in config.toml is an error that names it: a setting
// with a typing mistake must not be silently without effect.
//
// It creates folders and reads one file; it starts nothing.
package config
