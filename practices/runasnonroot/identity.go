package runasnonroot

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// identity is what is said of the user that a container runs as, by itself or, where it says nothing, by its pod.
type identity struct {
	user      *int64
	nonRoot   *bool
	name      string // of a user of Windows
	userAt    place
	nonRootAt place
}

// place of a field that says it.
type place struct {
	container *practice.Container // nil: the pod's
	field     string
}

func (at place) in(pod *practice.Pod) practice.Place {
	path := append([]string{"securityContext"}, strings.Split(at.field, ".")...)
	if at.container != nil {
		return at.container.At(path...)
	}
	return pod.At(path...)
}

func (who identity) isRoot() bool {
	switch strings.ToLower(who.name) {
	case "containeradministrator", "administrator", `nt authority\system`, `nt authority\localsystem`, "system":
		return true
	}
	return who.user != nil && *who.user == 0
}

// windowsUser is the field in which pods of Windows say it.
const windowsUser = "windowsOptions.runAsUserName"

func identify(pod *practice.Pod, c *practice.Container) identity {
	var who identity
	if s := pod.Spec.SecurityContext; s != nil {
		who.take(s.RunAsUser, s.RunAsNonRoot, s.WindowsOptions, nil)
	}
	if s := c.SecurityContext; s != nil {
		who.take(s.RunAsUser, s.RunAsNonRoot, s.WindowsOptions, c)
	}
	return who
}

// take notes what is said at one place, over what was said before.
func (who *identity) take(user *int64, nonRoot *bool, windows *corev1.WindowsSecurityContextOptions, at *practice.Container) {
	if user != nil {
		who.user, who.userAt = user, place{at, "runAsUser"}
	}
	if nonRoot != nil {
		who.nonRoot, who.nonRootAt = nonRoot, place{at, "runAsNonRoot"}
	}
	if windows != nil && windows.RunAsUserName != nil {
		who.name, who.userAt = *windows.RunAsUserName, place{at, windowsUser}
	}
}

// isUnreadable says that something stands where the user is said which isn't of the field's type: a template's
// placeholder, most of all. It may mean anything.
func isUnreadable(pod *practice.Pod, c *practice.Container) bool {
	for _, field := range []string{"runAsUser", "runAsNonRoot"} {
		for _, written := range []any{pod.Get("securityContext", field), c.Get("securityContext", field)} {
			if _, isText := written.(string); isText {
				return true
			}
		}
	}
	return false
}
