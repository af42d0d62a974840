// Package runasnonroot is the practice that no container runs as root.
package runasnonroot

import (
	"embed"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is run-as-non-root.
var Practice = &practice.Practice{
	ID:       "run-as-non-root",
	Title:    "Containers run as a user that is not root, and the kubelet checks it",
	Category: practice.Internals,
	Severity: practice.Error,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "a break-out of the container is root on the node",
	Fix:      "set securityContext.runAsNonRoot: true and a runAsUser other than 0 for the pod",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for pod := range p.Pods() {
		if pod.IsWindows() {
			continue
		}
		for c := range pod.Containers() {
			user, nonRoot := identity(pod, c)
			switch {
			case user != nil && *user == 0:
				p.Reportf(c.At("securityContext", "runAsUser"), "%s %q runs as root: runAsUser is 0", c.Role, c.Name)
			case nonRoot == nil && user == nil:
				p.Reportf(c.At("securityContext"), "%s %q may run as root: nothing says runAsNonRoot", c.Role, c.Name)
			case user == nil && !*nonRoot:
				p.Reportf(c.At("securityContext", "runAsNonRoot"), "%s %q may run as root: runAsNonRoot is false", c.Role, c.Name)
			}
		}
	}
}

// identity is what the container and, where it says nothing, its pod say.
func identity(pod *practice.Pod, c *practice.Container) (user *int64, nonRoot *bool) {
	if s := pod.Spec.SecurityContext; s != nil {
		user, nonRoot = s.RunAsUser, s.RunAsNonRoot
	}
	if s := c.SecurityContext; s != nil {
		user, nonRoot = first(s.RunAsUser, user), first(s.RunAsNonRoot, nonRoot)
	}
	return user, nonRoot
}

func first[T any](own, inherited *T) *T {
	if own != nil {
		return own
	}
	return inherited
}
