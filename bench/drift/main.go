// Command drift measures what it takes to know of drift: from a change in the cluster to its finding and to its being put
// back, the processor while nothing happens, and the memory for each object that is watched; beside a cache of whole
// objects (an informer) of the same objects, in one run. The control plane is the sandbox.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/drift -n 10000
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/internal/controller"
)

func main() {
	n := flag.Int("n", 10_000, "objects, in applications of 100")
	edits := flag.Int("edits", 200, "changes that are timed, of each kind")
	idle := flag.Duration("idle", 20*time.Second, "how long the processor is watched while nothing happens")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *n, *edits, *idle)
	cancel()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, n, edits int, idle time.Duration) error {
	w, err := newWorld(ctx, n)
	if err != nil {
		return err
	}
	defer w.stop(context.WithoutCancel(ctx))
	start := time.Now()
	if err := w.deliver(ctx); err != nil {
		return err
	}
	fmt.Printf("%d objects delivered in %s\n\n", w.objects(), time.Since(start).Round(time.Second))

	if err := wait(ctx, settling); err != nil {
		return err
	}
	before, err := measure.Self()
	if err != nil {
		return err
	}
	if err := wait(ctx, idle); err != nil {
		return err
	}
	after, err := measure.Self()
	if err != nil {
		return err
	}
	fmt.Printf("%-52s %.2f %% of a core\n", "while nothing happens", 100*(after.CPU-before.CPU).Seconds()/idle.Seconds())

	for _, of := range []struct {
		title  string
		alerts bool
		what   controller.DriftNews
	}{
		{"from a change to its finding (policy Alert)", true, controller.DriftFound},
		{"from a change to its being put back (policy Revert)", false, controller.DriftReverted},
	} {
		times, err := w.time(ctx, edits, of.alerts, of.what)
		if err != nil {
			return err
		}
		fmt.Printf("%-52s median %4d ms, p99 %4d ms, of %d\n", of.title, at(times, 0.5).Milliseconds(), at(times, 0.99).Milliseconds(), len(times))
	}

	w.stopController()
	tracker, err := w.weighTracker(ctx)
	if err != nil {
		return err
	}
	cache, err := w.weighCache(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%-52s %d bytes an object\n%-52s %d bytes an object, %.1f times as much\n",
		"memory of the tracker, with what was sent", tracker, "memory of a cache of whole objects", cache, float64(cache)/float64(tracker))
	return nil
}

// settling is how long what a delivery leaves to be done takes at most.
const settling = 5 * time.Second

// time makes changes one after the other, each to an object of its own, and waits for what is told of it.
func (w *world) time(ctx context.Context, edits int, alerts bool, what controller.DriftNews) ([]time.Duration, error) {
	var times []time.Duration
	random := rand.New(rand.NewPCG(1, 1))
	for _, i := range random.Perm(w.objects())[:min(2*edits, w.objects())] {
		app := i / perApplication
		if isAlert(app) != alerts || len(times) == edits {
			continue
		}
		object := w.client.Dynamic.Resource(configMaps).Namespace(namespace(app))
		start := time.Now()
		if _, err := object.Patch(ctx, objectName(i), types.MergePatchType, []byte(`{"data":{"key":"by hand"}}`), metav1.PatchOptions{FieldManager: "kubectl-edit"}); err != nil {
			return nil, err
		}
		for {
			select {
			case e := <-w.news:
				if e.What != what || e.Drift.ID.Name != objectName(i) {
					continue
				}
			case <-time.After(time.Minute):
				return nil, fmt.Errorf("nothing was told of the change of %s in a minute", objectName(i))
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			break
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times, nil
}

// at is a quantile of sorted times.
func at(times []time.Duration, share float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	return times[min(len(times)-1, int(share*float64(len(times))))]
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
