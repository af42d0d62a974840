// Command page measures what the page's model costs at a size that hurts: 5,000 workloads with 50,000 pods by default, 20
// changes a second and ten pages open. Three processes take part: an API server that only lists and tells changes (made up by
// this program: see api.go), the pages (pages.go), and this one, whose memory and time are what is measured. Each figure
// stands beside that of a naive way, measured in the same run.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/page
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/internal/server/live"
)

func main() {
	role := flag.String("role", "", "set by this program itself for its children")
	size := flag.Int("workloads", 5000, "Deployments, ten pods each")
	rate := flag.Int("changes", 20, "changes a second")
	pages := flag.Int("pages", 10, "pages open")
	period := flag.Duration("for", 30*time.Second, "how long to measure")
	address := flag.String("address", "", "set by this program itself for its children")
	flag.Parse()
	var err error
	switch *role {
	case "api":
		err = serveAPI(*size, *rate)
	case "pages":
		err = readPages(*address, *pages)
	default:
		err = run(*size, *rate, *pages, *period)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// everything is what all may see here.
type everything struct{}

func (everything) Namespaces(context.Context, string, string, string) (bool, map[string]bool, error) {
	return true, nil, nil
}

func run(size, rate, pages int, period time.Duration) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	api, _, err := child(ctx, "api", fmt.Sprint("-workloads=", size), fmt.Sprint("-changes=", rate))
	if err != nil {
		return err
	}
	before, began := heap(), time.Now()
	l, err := live.New(live.Options{
		Config: &rest.Config{Host: api}, Rights: everything{}, Log: slog.Default(), Cluster: "bench",
		Person: func(context.Context) (string, string, bool) { return "bench", "token", true },
	})
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	defer func() { cancel(); <-done }()
	server, err := serve(l)
	if err != nil {
		return err
	}
	state, err := get(server + "/api/v1/state") // waits until all is read
	if err != nil {
		return err
	}
	filled := time.Since(began)
	held := heap() - before
	usage, err := measure.Self()
	if err != nil {
		return err
	}
	fmt.Printf("%d workloads, %d pods, read in %s; peak of the process %d MB\n", size, podsPer*size, filled.Round(10*time.Millisecond), usage.Peak>>20)
	whole := naivePod()
	fmt.Printf("model: %.1f MB in all, %d bytes a pod; whole pods in memory would be %d bytes each: %s\n",
		float64(held)/(1<<20), held/(podsPer*size), whole, ratio(float64(whole*podsPer*size), float64(held)))
	if err := printState(server, state); err != nil {
		return err
	}
	return printStreams(ctx, server, pages, rate, period)
}

func serve(l *live.Live) (string, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/state", l.Handlers().State)
	mux.HandleFunc("GET /api/v1/stream", l.Handlers().Stream)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { log.Print(http.Serve(listener, mux)) }() // ends with the process
	return "http://" + listener.Addr().String(), nil
}

// printStreams says what the open pages cost, and how long a change takes until they know of it.
func printStreams(ctx context.Context, server string, pages, rate int, period time.Duration) error {
	held := heap()
	idle, err := cpuOver(period / 3) // changes are taken in, nobody reads
	if err != nil {
		return err
	}
	_, told, err := child(ctx, "pages", "-address="+server, fmt.Sprint("-pages=", pages))
	if err != nil {
		return err
	}
	used, err := cpuOver(period)
	if err != nil {
		return err
	}
	grown := heap() - held
	naive, err := naiveTelling(server)
	if err != nil {
		return err
	}
	all := naive.Seconds() * float64(pages*rate)
	last := ""
	for waiting := true; waiting; { // the last line that the pages have printed
		select {
		case last = <-told:
		default:
			waiting = false
		}
	}
	fmt.Printf("stream: %d pages, %d changes a second: %.1f %% of a core (%.1f %% with no page open); to send everybody the whole state each time would be %.0f %%: %s\n",
		pages, rate, 100*used, 100*idle, 100*all, ratio(all, used))
	fmt.Printf("pages: %s; the heap has grown by %.1f MB\n", last, float64(grown)/(1<<20))
	return nil
}

// cpuOver is the share of a core that this process uses over a while.
func cpuOver(d time.Duration) (float64, error) {
	before, err := measure.Self()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	time.Sleep(d)
	after, err := measure.Self()
	return (after.CPU - before.CPU).Seconds() / time.Since(began).Seconds(), err
}

func ratio(naive, ours float64) string { return fmt.Sprintf("1/%.0f of it", naive/ours) }

// heap is what is in use, after a collection.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// child starts this program in a role, and returns the first line that it prints and those that follow.
func child(ctx context.Context, role string, args ...string) (first string, lines <-chan string, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	command := exec.CommandContext(ctx, program, append([]string{"-role=" + role}, args...)...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	reader := bufio.NewReader(out)
	first, err = reader.ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", role, err)
	}
	more := make(chan string, 1000)
	go func() {
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			more <- scanner.Text()
		}
		_ = command.Wait()
	}()
	return strings.TrimSpace(first), more, nil
}

func get(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}
