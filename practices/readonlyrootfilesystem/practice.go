// Package readonlyrootfilesystem is the practice that containers write to volumes only.
package readonlyrootfilesystem

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is read-only-root-filesystem.
var Practice = &practice.Practice{
	ID:       "read-only-root-filesystem",
	Title:    "Containers write to volumes only: their own file system is read-only",
	Category: practice.Internals,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "who gets into the process changes its programs and leaves tools behind, and what the program writes is lost with the container",
	Fix:      "set securityContext.readOnlyRootFilesystem: true for the container, and mount a volume wherever it writes",
	Mends:    practice.Writes,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for pod := range p.Pods() {
		if pod.Object.IsControlled() || pod.IsWindows() {
			continue
		}
		edits := mend(pod)
		for c := range pod.Containers() {
			written := c.Get("securityContext", "readOnlyRootFilesystem")
			if _, isBool := written.(bool); c.Role == practice.Ephemeral || written == true || written != nil && !isBool {
				continue // who debugs writes; and what isn't a bool is no verdict
			}
			why := "isn't set"
			if written == false {
				why = "is false"
			}
			p.Report(practice.Note{
				At:      c.At("securityContext", "readOnlyRootFilesystem"),
				Message: fmt.Sprintf("%s can write to its own file system: readOnlyRootFilesystem %s", c.Title(), why),
				Fix:     fix(c),
				Cause:   pod.Cause("readOnlyRootFilesystem"),
				Edits:   edits[c],
			})
		}
	}
}

// fix names what must be writable still, so that the program doesn't break.
func fix(c *practice.Container) string {
	set := "set securityContext.readOnlyRootFilesystem: true"
	known, isKnown := paths[imageName(c.Image)]
	var mounted, missing []string
	for _, at := range append(slices.Clone(known), temporary(c)) {
		switch m, writable := mount(c, at); {
		case !writable && !slices.Contains(missing, at):
			missing = append(missing, at)
		case writable && !slices.Contains(mounted, m):
			mounted = append(mounted, m)
		}
	}
	switch {
	case len(missing) == 0:
		return set + fmt.Sprintf(": %s %s already", list(mounted), isVolume(len(mounted)))
	case isKnown:
		return set + fmt.Sprintf(", and mount an emptyDir at %s, where this image writes", list(missing))
	}
	return set + fmt.Sprintf(", and mount an emptyDir at %s and wherever else it writes", list(missing))
}

// mount is where the writable volume is mounted that a path lies in.
func mount(c *practice.Container, path string) (at string, ok bool) {
	for _, m := range c.VolumeMounts {
		root := strings.TrimRight(m.MountPath, "/")
		if !m.ReadOnly && (path == root || strings.HasPrefix(path, root+"/")) {
			return m.MountPath, true
		}
	}
	return "", false
}

// temporary is where the container's programs put temporary files.
func temporary(c *practice.Container) string {
	for _, e := range c.Env {
		if e.Name == "TMPDIR" && strings.HasPrefix(e.Value, "/") {
			return strings.TrimRight(e.Value, "/")
		}
	}
	return "/tmp"
}

func isVolume(n int) string {
	if n == 1 {
		return "is a volume"
	}
	return "are volumes"
}

// list reads "/tmp", or "/run, /tmp and /var/cache".
func list(paths []string) string {
	last := len(paths) - 1
	if last < 1 {
		return strings.Join(paths, "")
	}
	return strings.Join(paths[:last], ", ") + " and " + paths[last]
}
