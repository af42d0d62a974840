package gitserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// command is git with an environment of its own, so that nobody's settings change what is served.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0",
	}
	return cmd
}

// run returns what cmd prints, or an error with what it complained about.
func run(cmd *exec.Cmd) ([]byte, error) {
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w", cmd.Args[1], errors.Join(err, errors.New(strings.TrimSpace(complaint.String()))))
	}
	return out.Bytes(), nil
}

// refs maps the name of each ref to what it points at.
func refs(ctx context.Context, dir string) (map[string]string, error) {
	out, err := run(command(ctx, dir, "for-each-ref", "--format=%(refname) %(objectname)"))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, object, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[name] = object
	}
	return found, nil
}

// changed returns the sorted names of the refs that differ.
func changed(before, after map[string]string) []string {
	var names []string
	for name, object := range after {
		if before[name] != object {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
