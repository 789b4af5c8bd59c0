//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// experiment fills one or more rows of the table in a lab of its own.
type experiment struct {
	name string
	run  func(context.Context, *lab, *table) error
}

// experiments lists all, in the order of the table.
func experiments() []experiment {
	return []experiment{
		{"exec", benchExec},
		{"shells", benchShells},
		{"cli", benchCLI},
		{"batch", benchBatch},
		{"create", benchCreate},
		{"first", benchFirst},
		{"warm", benchWarm},
		{"many", benchMany},
		{"echo", benchEcho},
		{"attach", benchAttach},
		{"tail", benchTail},
		{"idle", benchIdle},
		{"flood", benchFlood},
		{"pipe", benchPipe},
		{"history", benchHistory},
	}
}

// patience bounds one experiment; none takes a quarter of it on an idle machine.
const patience = 15 * time.Minute

type options struct {
	pick  *regexp.Regexp
	quick bool
	json  string
	bin   string
	caches
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := bench(ctx, o); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	run := flags.String("run", "", "only experiments whose name matches this regular expression")
	flags.BoolVar(&o.quick, "quick", false, "few rounds: does it work, not how fast is it")
	flags.StringVar(&o.json, "json", "", "write the table to this file as well")
	flags.StringVar(&o.bin, "bin", "bin", "folder of ai-session and ai-sessiond")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.pick, err = regexp.Compile(*run); err == nil {
		o.bin, err = filepath.Abs(o.bin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	return o, err
}

// bench runs the picked experiments one after the other and prints what came of
// them, also of those before a failure or a ^C.
func bench(ctx context.Context, o options) error {
	t := &table{}
	c, err := findCaches(ctx) // before the environment is the lab's
	if err != nil {
		return err
	}
	o.caches = c
	var failures []error
	for _, e := range experiments() {
		if !o.pick.MatchString(e.name) || ctx.Err() != nil {
			continue
		}
		begin := time.Now()
		if err := inLab(ctx, o, t, e.run); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", e.name, err))
		}
		fmt.Fprintf(os.Stderr, "%-8s %s\n", e.name, time.Since(begin).Round(100*time.Millisecond))
	}
	fmt.Print(t.String())
	if o.json != "" {
		failures = append(failures, t.save(o.json))
	}
	if n := t.wrong(); n > 0 {
		failures = append(failures, fmt.Errorf("%d results were wrong", n))
	}
	return errors.Join(append(failures, ctx.Err())...)
}

func inLab(ctx context.Context, o options, t *table, run func(context.Context, *lab, *table) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l, err := newLab(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, l, t), l.close())
}
