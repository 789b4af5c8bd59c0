//go:build linux

package main

import "context"

func benchCLI(context.Context, *lab, *table) error     { return nil }
func benchCreate(context.Context, *lab, *table) error  { return nil }
func benchFirst(context.Context, *lab, *table) error   { return nil }
func benchMany(context.Context, *lab, *table) error    { return nil }
func benchEcho(context.Context, *lab, *table) error    { return nil }
func benchAttach(context.Context, *lab, *table) error  { return nil }
func benchTail(context.Context, *lab, *table) error    { return nil }
func benchIdle(context.Context, *lab, *table) error    { return nil }
func benchFlood(context.Context, *lab, *table) error   { return nil }
func benchHistory(context.Context, *lab, *table) error { return nil }
