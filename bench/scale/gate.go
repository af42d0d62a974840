package main

import (
	"context"
	"fmt"
	"time"
)

// gate measures what a gate costs: the first delivery of the same applications with nothing judged and with a gate that
// stays open, each twice and to a control plane of its own, in an order that a machine that gets slower favours neither.
func (r run) gate(ctx context.Context) error {
	fmt.Printf("\n%d applications, %d objects\n\n%-34s %9s %11s\n", r.n, 4*r.n, "first delivery, all ready", "", "controller")
	var took, cpu [2]time.Duration
	for _, gated := range []int{0, 1, 1, 0} {
		d, used, err := r.firstDelivery(ctx, gated == 1)
		if err != nil {
			return err
		}
		took[gated] += d
		cpu[gated] += used
		fmt.Printf("%-34s %8.2fs %7.2fs CPU\n", [2]string{"nothing judged", "with a gate"}[gated], d.Seconds(), used.Seconds())
	}
	fmt.Printf("%-34s %8.2fx %7.2fx\n", "  the gate costs", took[1].Seconds()/took[0].Seconds(), cpu[1].Seconds()/cpu[0].Seconds())
	return nil
}

func (r run) firstDelivery(ctx context.Context, gated bool) (took, cpu time.Duration, err error) {
	w, err := newWorld(ctx, r.program)
	if err != nil {
		return 0, 0, err
	}
	defer w.stop(context.WithoutCancel(ctx))
	practices := ""
	if gated {
		practices = `
  practices: {gate: error, exceptions: ["allow run-as-non-root because nothing runs here"]}`
	} else {
		w.arguments = []string{"--scores=false"}
	}
	commit, err := w.push(ctx, allFiles(r.n, "v1"))
	if err != nil {
		return 0, 0, err
	}
	if err := w.install(ctx, r.n, practices); err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	if err := w.startController(); err != nil {
		return 0, 0, err
	}
	if err := w.delivered(ctx, r.n, commit); err != nil {
		return 0, 0, err
	}
	took = time.Since(begin)
	used, err := w.used()
	return took, used.CPU, err
}
