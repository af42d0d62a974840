// Command firstdelivery measures how long the demo's repository takes from nothing to all of it available, beside the
// floor in the same run: a bare loop of parallel server-side-apply calls of the same objects, by client-go without a
// rate limit, on a control plane of its own. What it prints are ratios to that floor and the figures behind them.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/firstdelivery -program bin/fairlead
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"testing/fstest"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/demo"
	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

type figures struct {
	ready, sent, available time.Duration // the control plane; all objects; all Deployments
	cpu                    time.Duration // of the client that sends
	memory                 int64         // its peak, bytes
}

func main() {
	program := flag.String("program", "bin/fairlead", "the built binary")
	flag.Parse()
	ctx := context.Background()
	objects, err := objects(ctx)
	if err != nil {
		log.Fatal(err)
	}
	floor, err := measureFloor(ctx, objects)
	if err != nil {
		log.Fatal("floor: ", err)
	}
	fairlead, err := measureFairlead(ctx, *program)
	if err != nil {
		log.Fatal("fairlead: ", err)
	}
	start, err := measureVersion(*program)
	if err != nil {
		log.Fatal(err)
	}
	info, err := os.Stat(*program)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("first delivery of %d objects, %d Deployments, %d applications\n\n", len(objects), repository.Deployments, len(repository.Applications()))
	fmt.Printf("%-42s %10s %10s %8s\n", "", "floor", "fairlead", "ratio")
	row := func(what string, a, b time.Duration) {
		fmt.Printf("%-42s %9.1fs %9.1fs %7.1fx\n", what, a.Seconds(), b.Seconds(), b.Seconds()/a.Seconds())
	}
	row("control plane ready, nodes too", floor.ready, fairlead.ready)
	row("from there to all objects sent", floor.sent, fairlead.sent)
	row("from there to all Deployments available", floor.available, fairlead.available)
	fmt.Printf("%-42s %10s %9.1fs\n", "CPU of the controller until then", "", fairlead.cpu.Seconds())
	fmt.Printf("%-42s %10s %7d MB\n", "its peak memory", "", fairlead.memory>>20)
	fmt.Printf("%-42s %10s %7d MB\n", "bin/fairlead", "", info.Size()/1000/1000)
	fmt.Printf("%-42s %10s %7d ms\n", "fairlead version (best of 10)", "", start.Milliseconds())
}

// objects are what the demo's applications render to.
func objects(ctx context.Context) ([]*unstructured.Unstructured, error) {
	files := fstest.MapFS{}
	for name, data := range repository.Files() {
		files[name] = &fstest.MapFile{Data: data}
	}
	var all []*unstructured.Unstructured
	for _, app := range repository.Applications() {
		rendering, err := render.Render(ctx, files, "apps/"+app, render.Options{KubeVersion: "v1.36.0"})
		if err != nil {
			return nil, err
		}
		for _, o := range rendering.Set.Objects {
			all = append(all, &o.Unstructured)
		}
	}
	return all, nil
}

func measureFloor(ctx context.Context, objects []*unstructured.Unstructured) (f figures, err error) {
	start := time.Now()
	box, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		return f, err
	}
	defer func() { _ = box.Stop(ctx) }()
	f.ready = time.Since(start)
	config, err := clientcmd.BuildConfigFromFlags("", box.Kubeconfig())
	if err != nil {
		return f, err
	}
	client, err := cluster.NewClient(config)
	if err != nil {
		return f, err
	}
	start = time.Now()
	if f.sent, err = measure.Floor(ctx, client, objects, measure.CreateWorkers); err != nil {
		return f, err
	}
	if _, err := demo.WaitAvailable(ctx, config, 2*time.Minute, func(string) {}); err != nil {
		return f, err
	}
	f.available = time.Since(start)
	return f, nil
}

func measureFairlead(ctx context.Context, program string) (f figures, err error) {
	program, err = filepath.Abs(program)
	if err != nil {
		return f, err
	}
	start := time.Now()
	quiet := func(string) {}
	d, err := demo.Start(ctx, demo.Options{Program: program, Step: quiet, Progress: quiet, Note: func(s string) { log.Print(s) }, Build: func(int, int) {}})
	if err != nil {
		return f, err
	}
	defer func() { _ = d.Stop(ctx) }()
	f.ready = time.Since(start)
	start = time.Now()
	if err := d.WaitSynced(ctx, 2*time.Minute); err != nil {
		return f, err
	}
	f.sent = time.Since(start)
	if _, err := d.Wait(ctx, 2*time.Minute); err != nil {
		return f, err
	}
	f.available = time.Since(start)
	used, err := measure.Of(d.ControllerPid())
	f.cpu, f.memory = used.CPU, used.Peak
	return f, err
}

func measureVersion(program string) (best time.Duration, err error) {
	for range 10 {
		command := exec.Command(program, "version")
		start := time.Now()
		if err := command.Run(); err != nil {
			return 0, err
		}
		if d := time.Since(start); best == 0 || d < best {
			best = d
		}
	}
	return best, nil
}
