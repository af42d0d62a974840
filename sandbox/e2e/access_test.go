package e2e

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// theirContext is a kubeconfig of the user's own.
const theirContext = "apiVersion: v1\nkind: Config\ncurrent-context: production\n"

// giveUserAContext makes a home directory with a kubeconfig for the programs that the test runs, and returns its path.
func giveUserAContext(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, "config")
	if err := os.WriteFile(path, []byte(theirContext), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("KUBECONFIG", path)
	return path
}

func contextIsLeftAlone(t *testing.T, b *box, theirs string) {
	if got, err := os.ReadFile(theirs); err != nil || string(got) != theirContext {
		t.Errorf("their kubeconfig is now %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(theirs), ".kube")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("~/.kube: %v", err)
	}
	for _, secret := range []string{b.Kubeconfig, filepath.Join(b.Dir, "credentials", "ca.key")} {
		info, err := os.Stat(secret)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %s", secret, info.Mode())
		}
	}
}

// nothingIsOpen calls each port of the sandbox as a stranger on the same machine would.
func nothingIsOpen(t *testing.T, b *box) {
	data, err := os.ReadFile(filepath.Join(b.Dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Ports map[string]int }
	if err := json.Unmarshal(data, &state); err != nil || len(state.Ports) != 3 {
		t.Fatalf("ports: %v, %v", state.Ports, err)
	}
	stranger := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // who doesn't care whom they call
	}
	for name, port := range state.Ports {
		for _, path := range []string{"/", "/healthz", "/metrics", "/version", "/v2/keys", "/pods"} {
			url := fmt.Sprintf("https://127.0.0.1:%d%s", port, path)
			response, err := stranger.Get(url)
			if err != nil {
				continue // turned away in the handshake
			}
			response.Body.Close()
			if response.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s answers %s with %s", name, path, response.Status)
			}
		}
	}
}
