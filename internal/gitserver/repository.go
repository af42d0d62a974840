package gitserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// nameShape keeps a name from leaving the directory (no segment starts with a dot) and from being taken for an
// option of git (none starts with a dash).
var nameShape = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$`)

// Dir is where the bare repository called name is kept: for tests that want to look or meddle.
func (s *Server) Dir(name string) (string, error) {
	name = strings.TrimSuffix(name, ".git")
	if !nameShape.MatchString(name) || strings.Contains(name+"/", ".git/") {
		return "", fmt.Errorf("repository name %q: want letters, digits and . _ - in segments parted by /", name)
	}
	return filepath.Join(s.dir, filepath.FromSlash(name)+".git"), nil
}

// Create makes an empty repository whose default branch is main. It is an error if it is there already.
func (s *Server) Create(name string) error {
	dir, err := s.Dir(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("create repository %s: %w", name, os.ErrExist)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if _, err := run(command(context.Background(), "", "init", "--quiet", "--bare", "--template=", "--initial-branch=main", dir)); err != nil {
		return err
	}
	config, err := os.OpenFile(filepath.Join(dir, "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = config.WriteString(served)
	return errors.Join(err, config.Close())
}

// served allows partial clones and fetches of any commit, and keeps receive-pack from going on in the background,
// where it would outlive a test's directory.
const served = `[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[receive]
	autogc = false
`

// repository is one that exists.
type repository struct{ name, dir string }

func (s *Server) find(name string) (repository, error) {
	name = strings.TrimSuffix(name, ".git")
	dir, err := s.Dir(name)
	if err != nil {
		return repository{}, err
	}
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
		return repository{}, fmt.Errorf("no repository %q", name)
	}
	return repository{name: name, dir: dir}, nil
}

// lock waits for the other writers of a repository and returns what lets the next one in.
func (s *Server) lock(name string) (unlock func()) {
	s.mu.Lock()
	writing := s.writing[name]
	if writing == nil {
		writing = &sync.Mutex{}
		s.writing[name] = writing
	}
	s.mu.Unlock()
	writing.Lock()
	return writing.Unlock
}
