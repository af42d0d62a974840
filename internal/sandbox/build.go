package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// BuildOptions say what to build and where to put it.
type BuildOptions struct {
	SourceDir string // of the module sandbox/, see FindSource
	Out       string // path of the program to write

	// Progress is told, if set, of each step that begins: how many are done, out of how many, and what comes next: the path of
	// a package to compile, "link" at the end, "" when all is done. What the build cache holds is no step.
	Progress func(done, total int, next string)
}

// buildTags: without this one, kustomize brings in the standard library's plugin support, which keeps the linker from leaving
// out dead code and costs 41 MB.
const buildTags = "kustomize_disable_go_plugin_support"

// cached is go list's reason for a package that only has to be copied out of the build cache.
const cached = "not installed but available in build cache"

// Build compiles fairlead-sandbox. From nothing that takes minutes; what has been compiled before is taken from the build cache.
func Build(ctx context.Context, opts BuildOptions) error {
	if opts.Progress == nil {
		opts.Progress = func(int, int, string) {}
	}
	out, err := filepath.Abs(opts.Out)
	if err != nil {
		return fmt.Errorf("build the sandbox: %w", err)
	}
	b := builder{dir: opts.SourceDir, out: out, progress: opts.Progress}
	err = b.build(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx) // rather than "signal: interrupt"
	}
	if err != nil {
		return fmt.Errorf("build the sandbox: %w", err)
	}
	return nil
}

type builder struct {
	dir, out string
	progress func(done, total int, next string)
}

func (b builder) build(ctx context.Context) error {
	flags, err := b.flags(ctx)
	if err != nil {
		return err
	}
	packages, err := b.countStale(ctx, flags)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(b.out), 0o755); err != nil {
		return err
	}
	steps := &steps{total: packages + 1, progress: b.progress} // the last is to link
	if packages == 0 {
		steps.begin("link")
	}
	command := b.goCommand(ctx, append(append([]string{"build", "-v"}, flags...), "-o", b.out, ".")...)
	if err := watch(command, steps); err != nil {
		return err
	}
	b.progress(steps.total, steps.total, "")
	return nil
}

// flags tell the components their version, which clients want to read from the server.
func (b builder) flags(ctx context.Context) ([]string, error) {
	version, err := b.goOutput(ctx, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return nil, err
	}
	numbers := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(numbers) != 3 {
		return nil, fmt.Errorf("version %q of k8s.io/kubernetes is not like v1.36.3", version)
	}
	link := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		link = append(link,
			"-X", pkg+".gitVersion="+version,
			"-X", pkg+".gitMajor="+numbers[0],
			"-X", pkg+".gitMinor="+numbers[1],
			"-X", pkg+".gitCommit=sandbox",
			"-X", pkg+".gitTreeState=clean")
	}
	return []string{"-trimpath", "-buildvcs=false", "-tags", buildTags, "-ldflags", strings.Join(link, " ")}, nil
}

// countStale counts the packages that are not in the build cache.
func (b builder) countStale(ctx context.Context, flags []string) (int, error) {
	args := append([]string{"list", "-deps", "-f", "{{if .Stale}}{{.StaleReason}}{{end}}"}, flags...)
	reasons, err := b.goOutput(ctx, append(args, ".")...)
	if err != nil {
		return 0, err
	}
	count := 0
	for reason := range strings.Lines(reasons) {
		if reason = strings.TrimSpace(reason); reason != "" && reason != cached {
			count++
		}
	}
	return count, nil
}

func (b builder) goOutput(ctx context.Context, args ...string) (string, error) {
	out, err := b.goCommand(ctx, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(failed.Stderr))
	}
	return strings.TrimSpace(string(out)), err
}

func (b builder) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = b.dir
	// Interrupted, unlike killed, the go command ends its compilers and removes its work directory.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	// A program that needs no C library runs everywhere; the caller's flags and workspace are for the main module.
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	return command
}

// watch runs "go build -v", which prints the path of each package that it begins to compile, and also any error.
func watch(command *exec.Cmd, steps *steps) error {
	output, err := command.StderrPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	complaints := steps.follow(output)
	if err := command.Wait(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, complaints)
	}
	return nil
}

// steps counts the packages as they go by.
type steps struct {
	begun, total int
	progress     func(done, total int, next string)
}

func (s *steps) begin(what string) {
	s.begun++
	s.total = max(s.total, s.begun) // should go list have missed one
	s.progress(s.begun-1, s.total, what)
}

// follow reads the output to its end and returns the lines that are not packages.
func (s *steps) follow(output io.Reader) string {
	var complaints strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		line := lines.Text()
		if strings.ContainsAny(line, " :#\t") {
			fmt.Fprintln(&complaints, line)
			continue
		}
		s.begin(line)
		if s.begun == s.total-1 {
			s.begin("link")
		}
	}
	return complaints.String()
}
