package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// State is what the supervisor writes down about the sandbox. Whether it still lives, the locks tell, not the state.
type State struct {
	Version    string      `json:"version"` // of Kubernetes: v1.36.3
	Server     string      `json:"server"`  // URL of the API server
	Nodes      int         `json:"nodes"`
	Started    time.Time   `json:"started"`
	Ready      bool        `json:"ready"` // the API server and all nodes have been ready once
	PID        int         `json:"pid"`   // of the supervisor
	Ports      Ports       `json:"ports"`
	Components []Component `json:"components"`
}

// Ports are the loopback ports of the sandbox; they stay the same when a component is restarted.
type Ports struct {
	Etcd      int `json:"etcd"`
	APIServer int `json:"apiserver"`
	Kubelet   int `json:"kubelet"`
}

// Component is one process of the sandbox.
type Component struct {
	Name     string `json:"name"`
	PID      int    `json:"pid"`
	Restarts int    `json:"restarts"`
}

// ReadState returns the state, or nil when the directory has none.
func (d Dir) ReadState() (*State, error) {
	data, err := os.ReadFile(d.path(stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var state State
	if err := json.Unmarshal(data, &state); err != nil {
		return nil, fmt.Errorf("read %s: %w", d.path(stateFile), err)
	}
	return &state, nil
}

// WriteState replaces the state in one step, so that a reader never sees half of it.
func (d Dir) WriteState(state State) error {
	data, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.path(nextStateFile), append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(d.path(nextStateFile), d.path(stateFile))
}
