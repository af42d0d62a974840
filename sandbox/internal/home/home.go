// Package home is the directory of one sandbox: what lies where in it, who holds it, and how it goes away again.
// It never touches anything outside the directory, and inside it only what a sandbox has put there.
package home

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir is the absolute path of a sandbox's directory.
type Dir string

// Default is the sandbox that commands mean when no directory is named: one per user.
func Default() (Dir, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("find a directory for the sandbox: %w", err)
		}
	}
	return Dir(filepath.Join(base, "fairlead", "sandbox", "default")), nil
}

// At is the sandbox in the directory path, which need not exist.
func At(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("resolve %s: %w", path, err)
	}
	return Dir(abs), nil
}

// Kubeconfig is the administrator's, for people and programs outside the sandbox.
func (d Dir) Kubeconfig() string { return d.path("kubeconfig") }

// ComponentKubeconfig is the one that the named component uses.
func (d Dir) ComponentKubeconfig(component string) string {
	return d.path(credentialsDir, component+".kubeconfig")
}

// Certificate is the PEM file of the named key pair's certificate.
func (d Dir) Certificate(name string) string { return d.path(credentialsDir, name+".crt") }

// Key is the PEM file of the named key pair's private key.
func (d Dir) Key(name string) string { return d.path(credentialsDir, name+".key") }

// EtcdData is where etcd keeps its database.
func (d Dir) EtcdData() string { return d.path(etcdDir) }

// Log is the file that the named process writes to; "supervisor" is the one above the components.
func (d Dir) Log(process string) string { return d.path(logsDir, process+".log") }

// Logs is the directory of all Log files.
func (d Dir) Logs() string { return d.path(logsDir) }

// SupervisorLock is the file that a living supervisor has open.
func (d Dir) SupervisorLock() string { return d.path(supervisorLock) }

// ComponentsLock is the file that living components have open.
func (d Dir) ComponentsLock() string { return d.path(componentsLock) }

func (d Dir) path(elem ...string) string {
	return filepath.Join(append([]string{string(d)}, elem...)...)
}

const (
	credentialsDir = "credentials"
	etcdDir        = "etcd"
	logsDir        = "logs"
	stateFile      = "state.json"
	nextStateFile  = "state.json.new"

	supervisorLock = "supervisor.lock"
	componentsLock = "components.lock"
)

// contents lists all that a sandbox puts into its directory, the locks apart.
var contents = []string{credentialsDir, etcdDir, logsDir, "kubeconfig", stateFile, nextStateFile}

// Create makes the directory and those inside it, readable by the user alone.
func (d Dir) Create() error {
	for _, dir := range []string{credentialsDir, etcdDir, logsDir} {
		if err := os.MkdirAll(d.path(dir), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// Clear removes what an earlier sandbox left, except for the locks.
func (d Dir) Clear() error {
	return d.remove(contents...)
}

// Remove takes the sandbox away, and the directory with it unless something else lies in it. The caller holds the lock.
func (d Dir) Remove() error {
	if err := d.Clear(); err != nil {
		return err
	}
	// The supervisor's lock is last: it marks the directory as ours, so an interrupted removal can be taken up again.
	if err := d.remove(componentsLock, supervisorLock); err != nil {
		return err
	}
	if left, err := os.ReadDir(string(d)); err != nil || len(left) > 0 {
		return err
	}
	return os.Remove(string(d))
}

func (d Dir) remove(names ...string) error {
	for _, name := range names {
		if err := os.RemoveAll(d.path(name)); err != nil {
			return err
		}
	}
	return nil
}
