// Command check measures `fairlead check` on real objects and Dockerfiles, beside other checkers that are installed by
// name in the same run: kube-score, which judges, and kubeconform, which validates against the schema and no more.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/check -program bin/fairlead -corpora ../shared/data/corpora
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/fairlead-dev/fairlead/bench/measure"
)

func main() {
	program := flag.String("program", "bin/fairlead", "the built binary")
	corpora := flag.String("corpora", "../shared/data/corpora", "directory of configuration repositories")
	objects := flag.Int("objects", 5000, "how many objects; a run with four times as many follows")
	dockerfiles := flag.Int("dockerfiles", 5000, "how many Dockerfiles")
	alone := flag.Bool("alone", false, "leave the other checkers out")
	prepare := flag.String("prepare", "", "only write what is to be checked into this `directory`")
	flag.Parse()
	b := bench{program: *program, corpora: *corpora, dir: *prepare, objects: *objects, dockerfiles: *dockerfiles, alone: *alone}
	var err error
	if *prepare != "" {
		err = b.prepare(context.Background())
	} else {
		err = b.measure(context.Background())
	}
	if err != nil {
		log.Fatal(err)
	}
}

type bench struct {
	program, corpora, dir string
	objects, dockerfiles  int
	alone                 bool
}

// What is to be checked, in the bench's directory.
const (
	small        = "small.yaml"
	apart        = "apart"
	apartMore    = "apart-more"
	together     = "together"
	togetherMore = "together-more"
	images       = "images"
	accepted     = "accepted" // by all checkers
)

// prepare writes what is to be checked. It is a process of its own: a command starts out with the peak of memory of the
// process that runs it.
func (b *bench) prepare(ctx context.Context) error {
	units, err := realObjects(ctx, b.corpora)
	if err != nil {
		return err
	}
	for _, err := range []error{
		os.WriteFile(filepath.Join(b.dir, small), []byte(smallFile), 0o600),
		writeApart(filepath.Join(b.dir, apart), units, b.objects),
		writeApart(filepath.Join(b.dir, apartMore), units, 4*b.objects),
		writeTogether(filepath.Join(b.dir, together), units, b.objects),
		writeTogether(filepath.Join(b.dir, togetherMore), units, 4*b.objects),
		writeDockerfiles(filepath.Join(b.dir, images), b.dockerfiles),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) measure(ctx context.Context) (err error) {
	if b.program, err = filepath.Abs(b.program); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "fairlead-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	prepare := exec.CommandContext(ctx, self, append(os.Args[1:], "-prepare", b.dir)...)
	prepare.Stderr = os.Stderr
	if err := prepare.Run(); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return b.run(ctx)
}

func (b *bench) run(ctx context.Context) error {
	fmt.Printf("%d cores; the median of several runs, wall time\n\n", runtime.GOMAXPROCS(0))
	fmt.Printf("%-46s %10s %10s %10s\n", "", "time", "CPU", "peak")
	version, err := row("fairlead version", 21, b.program, "version")
	if err != nil {
		return err
	}
	start, err := row("one small file", 21, b.program, "check", filepath.Join(b.dir, small))
	if err != nil {
		return err
	}
	fmt.Printf("%-46s %9.1fms\n", "  of which checking", milliseconds(start.Time-version.Time))
	ours, err := row(fmt.Sprintf("%d mixed objects in their directories", b.objects), 5, b.program, "check", filepath.Join(b.dir, apart))
	if err != nil {
		return err
	}
	fourfold, err := row(fmt.Sprintf("%d", 4*b.objects), 3, b.program, "check", filepath.Join(b.dir, apartMore))
	if err != nil {
		return err
	}
	fmt.Printf("%-46s %9.2fx\n", "  ratio (4 would be linear)", ratio(fourfold.Time, ours.Time))
	asOne, err := row(fmt.Sprintf("%d mixed objects judged together", b.objects), 5, b.program, "check", filepath.Join(b.dir, together))
	if err != nil {
		return err
	}
	fourfold, err = row(fmt.Sprintf("%d", 4*b.objects), 3, b.program, "check", filepath.Join(b.dir, togetherMore))
	if err != nil {
		return err
	}
	fmt.Printf("%-46s %9.2fx\n", "  ratio (4 would be linear)", ratio(fourfold.Time, asOne.Time))
	files, err := row(fmt.Sprintf("%d Dockerfiles", b.dockerfiles), 5, b.program, "check", filepath.Join(b.dir, images))
	if err != nil {
		return err
	}
	fmt.Printf("%-46s %8.0f/s\n", "  Dockerfiles", float64(b.dockerfiles)/files.Time.Seconds())
	if b.alone {
		return nil
	}
	return b.compare(ctx)
}

// row measures a command and prints what it used.
func row(what string, runs int, program string, args ...string) (measure.Run, error) {
	r, err := measure.Command(runs, program, args...)
	if err != nil {
		return r, fmt.Errorf("%s: %w", what, err)
	}
	fmt.Printf("%-46s %9.1fms %9.1fms %6d MiB\n", what, milliseconds(r.Time), milliseconds(r.CPU), r.Peak>>20)
	return r, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }
