package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	// program is the name of the sandbox's binary.
	program = "fairlead-sandbox"

	// programVariable is the environment variable that names its path, before all other places.
	programVariable = "FAIRLEAD_SANDBOX"

	// mainModule is the first line of go.mod at the root of a checkout.
	mainModule = "module github.com/fairlead-dev/fairlead"
)

// ErrNotFound says that this machine has no fairlead-sandbox yet.
var ErrNotFound = errors.New(program + " not found")

// Find returns the path of fairlead-sandbox: what FAIRLEAD_SANDBOX names, or else the one beside this program, on PATH, or in
// bin/ of the checkout around the working directory. The error, ErrNotFound, says how to get one.
func Find() (string, error) {
	if path := os.Getenv(programVariable); path != "" {
		if !isProgram(path) {
			return "", fmt.Errorf("%w: %s=%s is not a program", ErrNotFound, programVariable, path)
		}
		return filepath.Abs(path)
	}
	if dir, err := programDir(); err == nil && isProgram(filepath.Join(dir, program)) {
		return filepath.Join(dir, program), nil
	}
	if path, err := exec.LookPath(program); err == nil {
		return filepath.Abs(path)
	}
	if root, err := findCheckout(); err == nil && isProgram(filepath.Join(root, "bin", program)) {
		return filepath.Join(root, "bin", program), nil
	}
	return "", fmt.Errorf("%w beside this program, on PATH or in bin/ of a checkout: build it, once, with: make bin/%s",
		ErrNotFound, program)
}

// FindSource returns the directory of the sandbox's source in the checkout around the working directory or this program.
func FindSource() (string, error) {
	root, err := findCheckout()
	if err != nil {
		return "", err
	}
	source := filepath.Join(root, "sandbox")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return "", fmt.Errorf("find the sandbox's source: %w", err)
	}
	return source, nil
}

// findCheckout returns the root of a checkout of Fairlead.
func findCheckout() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if dir, err := programDir(); err == nil {
		starts = append(starts, dir)
	}
	for _, start := range starts {
		for dir := start; ; dir = filepath.Dir(dir) {
			if isCheckout(dir) {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("no checkout of Fairlead around %s: %w", strings.Join(starts, " or "), fs.ErrNotExist)
}

func isCheckout(dir string) bool {
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(string(gomod), "\n")
	return strings.TrimSpace(first) == mainModule
}

// programDir is where this program lies, links resolved.
func programDir() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Dir(path), nil
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
