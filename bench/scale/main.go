// Command scale measures the engine with many applications of four objects each, beside the floor in the same run: a
// bare loop of parallel server-side-apply calls of the same objects, by client-go without a rate limit, on a control
// plane of its own. What it prints are ratios to that floor and the figures behind them.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/scale -program bin/fairlead -n 100,1000,5000
//	go run -tags kustomize_disable_go_plugin_support ./bench/scale -program bin/fairlead -n 1000 -gate
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/bench/measure"
)

func main() {
	program := flag.String("program", "bin/fairlead", "the built binary")
	sizes := flag.String("n", "100,1000,5000", "how many applications, one run each")
	steady := flag.Duration("steady", time.Minute, "how long the idle controller is watched")
	profile := flag.String("cpu-profile", "", "write the CPU profile of the last run's first delivery to this `file`")
	gate := flag.Bool("gate", false, "measure nothing but what a gate costs a first delivery")
	flag.Parse()
	path, err := filepath.Abs(*program)
	if err != nil {
		log.Fatal(err)
	}
	list := strings.Split(*sizes, ",")
	for i, text := range list {
		n, err := strconv.Atoi(text)
		if err != nil {
			log.Fatal(err)
		}
		r := run{n: n, program: path, steady: *steady}
		if i == len(list)-1 {
			r.profile = *profile
		}
		measure := r.measure
		if *gate {
			measure = r.gate
		}
		if err := measure(context.Background()); err != nil {
			log.Fatalf("%d applications: %v", n, err)
		}
	}
}

// run is one size.
type run struct {
	n       int
	program string
	profile string
	steady  time.Duration
}

func (r run) measure(ctx context.Context) error {
	floor, err := r.floor(ctx)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	fmt.Printf("\n%d applications, %d objects\n\n", r.n, 4*r.n)
	fmt.Printf("%-34s %9s %9s %7s %11s %9s  %s\n", "", "floor", "fairlead", "ratio", "controller", "peak", "calls to the API server")
	w, err := newWorld(ctx, r.program)
	if err != nil {
		return err
	}
	defer w.stop(context.WithoutCancel(ctx))
	w.profile = r.profile
	commit, err := w.push(ctx, allFiles(r.n, "v1"))
	if err != nil {
		return err
	}
	if err := w.install(ctx, r.n, ""); err != nil {
		return err
	}
	begin := time.Now()
	if err := w.startController(); err != nil {
		return err
	}
	if err := w.delivered(ctx, r.n, commit); err != nil {
		return err
	}
	first, err := r.row(w, "first delivery, all ready", floor.create, time.Since(begin), before{})
	if err != nil {
		return err
	}
	each := func(cpu time.Duration) float64 { return cpu.Seconds() * 1000 / float64(r.n) }
	fmt.Printf("%-34s %7.1fms %7.1fms %6.2fx\n", "  client CPU an application", each(floor.cpu), each(first.CPU), first.CPU.Seconds()/floor.cpu.Seconds())
	w.profile = ""
	for _, step := range []func(context.Context, *world) error{r.idle, r.pushOne, func(ctx context.Context, w *world) error { return r.pushAll(ctx, w, floor.update) }, r.restart} {
		if err := step(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

type floorFigures struct {
	create, update time.Duration
	cpu            time.Duration // of the client that creates
}

func (r run) floor(ctx context.Context) (f floorFigures, err error) {
	w, err := newWorld(ctx, r.program)
	if err != nil {
		return f, err
	}
	defer w.stop(context.WithoutCancel(ctx))
	if err := w.makeNamespaces(ctx); err != nil {
		return f, err
	}
	for _, step := range []struct {
		version string
		workers int
		took    *time.Duration
	}{{"v1", measure.CreateWorkers, &f.create}, {"v2", measure.UpdateWorkers, &f.update}} {
		all, err := objects(ctx, r.n, step.version)
		if err != nil {
			return f, err
		}
		before, err := measure.Self()
		if err != nil {
			return f, err
		}
		if *step.took, err = measure.Floor(ctx, w.client, all, step.workers); err != nil {
			return f, err
		}
		after, err := measure.Self()
		if err != nil {
			return f, err
		}
		if f.cpu == 0 {
			f.cpu = after.CPU - before.CPU
		}
	}
	return f, nil
}

// before is what was used and asked before a step.
type before struct {
	used  measure.Usage
	calls map[string]int
}

func (w *world) before() (b before, err error) {
	if b.used, err = w.used(); err != nil {
		return b, err
	}
	b.calls, err = w.calls()
	return b, err
}

// row prints one step and returns what the controller used for it.
func (r run) row(w *world, what string, floor, took time.Duration, b before) (measure.Usage, error) {
	now, err := w.before()
	if err != nil {
		return measure.Usage{}, err
	}
	used := measure.Usage{CPU: now.used.CPU - b.used.CPU, Peak: now.used.Peak}
	against, ratio := "", ""
	if floor > 0 {
		against, ratio = fmt.Sprintf("%.2fs", floor.Seconds()), fmt.Sprintf("%.2fx", took.Seconds()/floor.Seconds())
	}
	var calls []string
	for method, n := range now.calls {
		if n -= b.calls[method]; n > 0 {
			calls = append(calls, fmt.Sprintf("%s %d", method, n))
		}
	}
	slices.Sort(calls)
	fmt.Printf("%-34s %9s %8.2fs %7s %7.2fs CPU %5d MiB  %s\n", what, against, took.Seconds(), ratio, used.CPU.Seconds(), used.Peak>>20, strings.Join(calls, ", "))
	return used, nil
}
