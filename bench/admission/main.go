// Command admission measures what the admission webhook adds to a request: dry-run creations of a Deployment at a fixed rate
// against a sandbox's API server, by turns in a namespace that asks for the gate and in one that doesn't.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/admission -program bin/fairlead
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// What the webhook may add.
const (
	medianBound = 5 * time.Millisecond
	tailBound   = 20 * time.Millisecond
)

func main() {
	program := flag.String("program", "bin/fairlead", "the built binary")
	rate := flag.Int("rate", 100, "requests a second")
	long := flag.Duration("for", 30*time.Second, "how long with the webhook, and as long without")
	flag.Parse()
	if err := run(context.Background(), *program, *rate, *long); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, program string, rate int, long time.Duration) error {
	w, err := newWorld(ctx, program)
	if err != nil {
		return err
	}
	defer w.stop(ctx)
	client, err := kubernetes.NewForConfig(w.config)
	if err != nil {
		return err
	}
	deployment, err := typical()
	if err != nil {
		return err
	}
	if err := untilAsked(ctx, client, deployment); err != nil {
		return err
	}
	// By turns, so that both see the same weather; the first turn of each is practice.
	const turns = 6
	took, used := map[string][]time.Duration{}, map[string]cost{}
	for turn := range turns + 1 {
		for _, namespace := range []string{plain, gated} {
			webhook, rest := processorTime(w.controller.Process.Pid)
			times, err := load(ctx, client.AppsV1().Deployments(namespace).Create, deployment, rate, long/turns)
			if err != nil {
				return err
			}
			if turn > 0 {
				took[namespace] = append(took[namespace], times...)
				webhookAfter, restAfter := processorTime(w.controller.Process.Pid)
				used[namespace] = cost{used[namespace].webhook + webhookAfter - webhook, used[namespace].rest + restAfter - rest}
			}
		}
	}
	report(took, used, rate)
	return nil
}

// cost in processor time: of the webhook's process, and of all others but this one.
type cost struct{ webhook, rest time.Duration }

type create func(context.Context, *appsv1.Deployment, metav1.CreateOptions) (*appsv1.Deployment, error)

var dryRun = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}

// load sends requests at a rate, whether the ones before are answered or not, and returns how long after its time each was.
func load(ctx context.Context, create create, d *appsv1.Deployment, rate int, long time.Duration) ([]time.Duration, error) {
	times := make([]time.Duration, int(long.Seconds()*float64(rate)))
	errs := make([]error, len(times))
	var sent sync.WaitGroup
	start := time.Now()
	for i := range times {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		sent.Go(func() {
			_, errs[i] = create(ctx, d.DeepCopy(), dryRun)
			times[i] = time.Since(due)
		})
	}
	sent.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return times, nil
}

// untilAsked waits until the API server refuses what breaks a practice.
func untilAsked(ctx context.Context, client kubernetes.Interface, d *appsv1.Deployment) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	bad := d.DeepCopy()
	bad.Spec.Template.Spec.Containers[0].Image = "registry.example/web:latest"
	for {
		_, err := client.AppsV1().Deployments(gated).Create(ctx, bad, dryRun)
		if apierrors.IsForbidden(err) && strings.Contains(err.Error(), "image-pinned") {
			return nil
		}
		if ctx.Err() != nil || err != nil && !apierrors.IsForbidden(err) {
			return fmt.Errorf("the API server doesn't ask the webhook: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func report(took map[string][]time.Duration, used map[string]cost, rate int) {
	average, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%d requests a second, %d on each side; %d cores, load %s\n\n", rate, len(took[plain]), runtime.GOMAXPROCS(0), strings.Join(strings.Fields(string(average))[:min(3, len(strings.Fields(string(average))))], " "))
	fmt.Printf("%-22s %10s %10s   %s\n", "", "median", "p99", "processor time a request: webhook, control plane")
	var figures [2][2]time.Duration
	for i, namespace := range []string{plain, gated} {
		slices.Sort(took[namespace])
		n := len(took[namespace])
		figures[i] = [2]time.Duration{took[namespace][n/2], took[namespace][n*99/100]}
		each := time.Duration(n)
		fmt.Printf("%-22s %8.2fms %8.2fms   %6.2fms %6.2fms\n", map[string]string{plain: "without the webhook", gated: "with it"}[namespace], milliseconds(figures[i][0]), milliseconds(figures[i][1]),
			milliseconds(used[namespace].webhook/each), milliseconds(used[namespace].rest/each))
	}
	fmt.Printf("%-22s %8.2fms %8.2fms\n", "it adds", milliseconds(figures[1][0]-figures[0][0]), milliseconds(figures[1][1]-figures[0][1]))
	fmt.Printf("%-22s %8.2fms %8.2fms\n", "at most", milliseconds(medianBound), milliseconds(tailBound))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
