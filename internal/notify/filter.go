package notify

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Filter says which events are told; what is empty lets all pass.
type Filter struct {
	Applications []string // by name; * and ? as in file names
	Namespaces   []string
	Kinds        []Kind
	Severity     Severity // the mildest
	// Lasting leaves out what there is no recovery from.
	Lasting bool
	// Below is an address that the event's repository has to be below, and the commit known; for statuses of commits.
	Below string
}

func (f Filter) matches(e Event) bool {
	switch {
	case !matchesAny(f.Applications, e.name()), !matchesAny(f.Namespaces, e.namespace()):
		return false
	case len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Kind), f.Lasting && e.Kind.isOver():
		return false
	case f.Below != "" && (e.Revision == "" || !strings.HasPrefix(e.Repository, f.Below+"/")):
		return false
	}
	return f.Severity == "" || e.Severity.atLeast(f.Severity)
}

func matchesAny(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(p, name)
		return ok
	})
}

// Grouping puts incidents that begin together into one message.
type Grouping struct {
	ByApplication, ByNamespace, ByKind bool
	// Wait before a message is sent, and Window in which incidents join one that was.
	Wait, Window time.Duration
}

// key is what incidents of one message have in common.
func (g Grouping) key(e Event) string {
	key := ""
	if g.ByApplication {
		key += e.Application
	}
	key += "|"
	if g.ByNamespace {
		key += e.namespace()
	}
	key += "|"
	if g.ByKind {
		key += string(e.Kind)
	}
	return key
}
