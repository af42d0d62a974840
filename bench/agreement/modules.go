package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// directories of some modules (PATH@VERSION) in the module cache. They are fetched if they aren't there, from a module of
// their own, so that nothing of this project's go.mod changes.
func directories(ctx context.Context, modules []string) ([]string, error) {
	scratch, err := os.MkdirTemp("", "agreement")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // a directory in the temporary one
	var dirs []string
	for _, module := range modules {
		download := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
		download.Dir, download.Env = scratch, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "PWD="+scratch)
		out, err := download.Output()
		var told struct{ Dir, Error string }
		if broken := json.Unmarshal(out, &told); broken == nil && told.Error != "" {
			err = errors.New(told.Error)
		}
		if err != nil {
			return nil, fmt.Errorf("fetch %s: %w", module, err)
		}
		dirs = append(dirs, told.Dir)
	}
	return dirs, nil
}
