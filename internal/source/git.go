package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// command is one run of the git program.
type command struct {
	repo     string // the bare repository to work on; "" leaves it to git to find one from dir
	dir      string // where to run; "" is in repo
	args     []string
	stdin    io.Reader
	env      []string  // what the environment says besides hardened's settings
	settings []setting // git configuration of this run alone
	secrets  []string  // words to be struck from what git complains about
	lock     *os.File  // inherited, so that a lock lasts as long as the child does
}

// setting is one line of git configuration, handed over in the environment: unlike an argument, other users of the
// machine cannot read it there.
type setting struct{ key, value string }

// hardened holds for every run. It wins over the configuration of repository, person and system.
var hardened = []setting{
	{"core.hooksPath", os.DevNull},
	{"core.fsmonitor", "false"}, // may name a program
	{"core.bigFileThreshold", "32m"},
	{"gc.auto", "0"}, // nothing goes on after the child has ended
	{"maintenance.auto", "false"},
	{"submodule.recurse", "false"},
	{"fetch.recurseSubmodules", "false"},
	{"fetch.prune", "false"},
	{"fetch.writeCommitGraph", "false"},
}

// maxOutput bounds what one run may print, in bytes: the refs of a very large repository, or its tree.
const maxOutput = 256 << 20

// prepare makes the process. Cancelling ctx kills it and everything it has started.
func (c command) prepare(ctx context.Context) (*exec.Cmd, error) {
	program, err := findGit()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, c.args...)
	cmd.Dir = cmp.Or(c.dir, c.repo)
	cmd.Stdin = c.stdin
	cmd.Env = slices.Concat(c.env, []string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"})
	settings := slices.Concat(c.settings, hardened)
	if c.repo != "" {
		cmd.Env = append(cmd.Env, "GIT_DIR="+c.repo)
		// A mirror may have been made by an earlier user id, as volumes in a cluster are.
		settings = append(settings, setting{"safe.directory", "*"})
	}
	cmd.Env = append(cmd.Env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(settings)))
	for i, s := range settings {
		cmd.Env = append(cmd.Env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s.key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s.value))
	}
	if c.lock != nil {
		cmd.ExtraFiles = []*os.File{c.lock}
	}
	InOwnSession(cmd)
	cmd.WaitDelay = 5 * time.Second // a helper that has left the session may hold the pipes open
	return cmd, nil
}

// run returns what git prints. Its error is a *gitError, ctx's, or says that git can't be started.
func (c command) run(ctx context.Context) ([]byte, error) {
	out := &bounded{max: maxOutput}
	err := c.runInto(ctx, out)
	if out.full {
		return nil, fmt.Errorf("%w: git %s prints more than %s", ErrTooLarge, c.args[0], byteSize(maxOutput))
	}
	return out.text.Bytes(), err
}

// runInto is run for what need not be kept whole. An error of out ends the run.
func (c command) runInto(ctx context.Context, out io.Writer) error {
	cmd, err := c.prepare(ctx)
	if err != nil {
		return err
	}
	complaint := &bounded{max: 64 << 10, cut: true}
	cmd.Stdout, cmd.Stderr = out, complaint
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return &gitError{verb: c.args[0], complaint: scrub(complaint.text.String(), c.secrets), err: err}
	}
	return nil
}

// bounded keeps what is written, and refuses, or quietly drops, what is more than max bytes.
type bounded struct {
	text bytes.Buffer // not embedded: io.Copy would go past Write, to its ReadFrom
	max  int
	cut  bool
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) <= b.max {
		return b.text.Write(p)
	}
	b.full = true
	if b.cut {
		return len(p), nil
	}
	return 0, io.ErrShortWrite
}

// cleanEnv is all that git gets to see of this process's environment on a server: where programs are, and the way out
// to the network. home is a directory without settings (git reads logins from ~/.netrc).
func cleanEnv(home string) []string {
	env := []string{"HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ASKPASS="}
	for _, name := range []string{
		"PATH", "TMPDIR", "SystemRoot",
		"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// localEnv is the person's own environment, minus what would point git at another repository than the one meant
// (a git hook or alias that runs the program sets these) and minus whatever asks questions.
func localEnv() []string {
	keep := map[string]bool{
		"GIT_SSH": true, "GIT_SSH_COMMAND": true, "GIT_SSH_VARIANT": true, "GIT_EXEC_PATH": true,
		"GIT_SSL_CAINFO": true, "GIT_SSL_CAPATH": true, "GIT_SSL_CERT": true, "GIT_SSL_KEY": true,
		"GIT_CONFIG_GLOBAL": true, "GIT_CONFIG_SYSTEM": true, "GIT_CONFIG_NOSYSTEM": true,
	}
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "GIT_") || keep[name] {
			env = append(env, variable)
		}
	}
	return append(env, "GIT_ASKPASS=", "SSH_ASKPASS=", "SSH_ASKPASS_REQUIRE=never", "GCM_INTERACTIVE=never")
}

// findGit returns the path of a git that is new enough: 2.39 is the oldest that the tests run with.
var findGit = sync.OnceValues(func() (string, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", hint.With(errors.New("the git program is not on the PATH"), "install git 2.39 or newer")
	}
	out, err := exec.Command(program, "version").Output()
	if err != nil {
		return "", fmt.Errorf("git version: %w", err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "git version %d.%d", &major, &minor); err != nil {
		return "", fmt.Errorf("git version: %q", strings.TrimSpace(string(out)))
	}
	if major < 2 || major == 2 && minor < 39 {
		return "", hint.With(fmt.Errorf("git %d.%d is too old", major, minor), "install git 2.39 or newer")
	}
	return program, nil
})
