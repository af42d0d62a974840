package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sight is what somebody may see: the answers to all questions. People with equal sights share what is encoded for them.
type sight struct {
	grants map[question]grant
	key    string // equal for equal sights
}

type grant struct {
	all  bool
	some map[string]bool
}

// sightOf asks for the rights of the person in ctx. With an error nothing is seen.
func sightOf(ctx context.Context, rights Rights) (*sight, error) {
	s := &sight{grants: make(map[question]grant, len(questions))}
	sum := sha256.New()
	for _, q := range questions {
		all, some, err := rights.Namespaces(ctx, q.group, q.resource, q.verb)
		if err != nil {
			return nil, fmt.Errorf("ask what you may see: %w", err)
		}
		some = maps.Clone(some)
		maps.DeleteFunc(some, func(_ string, may bool) bool { return !may || q == listNodes }) // nodes are in no namespace
		s.grants[q] = grant{all, some}
		fmt.Fprintf(sum, "%v %t %q\n", q, all, slices.Sorted(maps.Keys(some)))
	}
	s.key = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

func (s *sight) may(q question, namespace string) bool {
	g := s.grants[q]
	return g.all || namespace != "" && g.some[namespace]
}

// mayAnywhere is may, of "" in at least one namespace.
func (s *sight) mayAnywhere(q question, namespace string) bool {
	return s.may(q, namespace) || namespace == "" && len(s.grants[q].some) > 0
}

// namespaceOf an id "NAMESPACE/NAME".
func namespaceOf(id string) string {
	namespace, _, _ := strings.Cut(id, "/")
	return namespace
}

// maySeeApp says whether what an application tells of others may be told.
func (s *sight) maySeeApp(id string) bool { return s.may(getApplications, namespaceOf(id)) }

func seen[R any, P interface {
	*R
	Row
}](row P, may bool) Row {
	if !may {
		return nil
	}
	return row
}

// A workload is seen by who may list its kind; what its application says of it, by who may get that.
func (r *Workload) seenBy(s *sight) Row {
	if !s.may(listOf(r.Group, r.Kind), r.Namespace) {
		return nil
	}
	if r.App == "" || s.maySeeApp(r.App) {
		return r
	}
	if r.declared {
		return nil
	}
	bare := *r
	bare.App, bare.Sync, bare.Drift, bare.Score, bare.Errors, bare.Warnings, bare.Newer = "", unknown, 0, -1, 0, 0, ""
	return &bare
}

// A namespace is also seen by who may list something in it.
func (r *Namespace) seenBy(s *sight) Row {
	may := s.may(listNamespaces, r.ID)
	for _, k := range workloadKinds {
		may = may || s.may(k.list(), r.ID)
	}
	return seen(r, may || s.may(listPods, r.ID))
}

// How many pods a node has tells of all namespaces.
func (r *Node) seenBy(s *sight) Row {
	if !s.may(listNodes, "") {
		return nil
	}
	if s.may(listPods, "") {
		return r
	}
	bare := *r
	bare.Pods = -1
	return &bare
}

func (r *Application) seenBy(s *sight) Row { return seen(r, s.may(listApplications, r.Namespace)) }
func (r *Release) seenBy(s *sight) Row     { return seen(r, s.may(listReleases, namespaceOf(r.ID))) }
func (r *Drift) seenBy(s *sight) Row       { return seen(r, s.maySeeApp(r.App)) }
func (r *Finding) seenBy(s *sight) Row     { return seen(r, s.maySeeApp(r.App)) }
func (r *Source) seenBy(s *sight) Row      { return seen(r, s.may(listApplications, r.Namespace)) }
func (r *Notifier) seenBy(s *sight) Row    { return seen(r, s.may(listNotifiers, r.Namespace)) }
func (r *Check) seenBy(s *sight) Row       { return seen(r, s.may(listChecks, r.Namespace)) }

// An image is its application's, or of the one workload that runs it without one.
func (r *Image) seenBy(s *sight) Row {
	if r.of != nil {
		return seen(r, s.may(listOf(r.of.Group, r.of.Kind), r.of.Namespace))
	}
	return seen(r, s.maySeeApp(r.App))
}

// An edge is seen by who sees both of its ends.
func (r *Edge) seenBy(s *sight) Row { return seen(r, s.maySeeEnd(r.From) && s.maySeeEnd(r.To)) }

func (s *sight) maySeeEnd(id string) bool {
	if strings.HasPrefix(id, "host ") {
		return true
	}
	group, kind, namespace, _, ok := parseID(id)
	return ok && s.may(listOf(group, kind), namespace)
}

// Unseen is a table of which somebody doesn't see all, and why.
type Unseen struct {
	Table string `json:"table"`
	Why   string `json:"why"`
}

// shownBy are the questions that decide on a table.
var shownBy = []struct {
	table     string
	questions []question
}{
	{"workloads", func() []question {
		all := []question{listPods}
		for _, k := range workloadKinds {
			if !k.optional {
				all = append(all, k.list())
			}
		}
		return all
	}()},
	{"applications", []question{listApplications}},
	{"namespaces", []question{listNamespaces}},
	{"nodes", []question{listNodes}},
	{"releases", []question{listReleases}},
	{"drift", []question{getApplications}},
	{"findings", []question{getApplications}},
	{"images", []question{getApplications}},
	{"sources", []question{listApplications}},
	{"notifiers", []question{listNotifiers}},
	{"checks", []question{listChecks}},
}

// unseen says of each table what isn't shown for want of rights. It names no namespace but those that are seen.
func (s *sight) unseen() []Unseen {
	out := []Unseen{}
	for _, t := range shownBy {
		var limits []string // in the order of the questions
		of := map[string][]string{}
		for _, q := range t.questions {
			g := s.grants[q]
			if g.all {
				continue
			}
			limit := g.limit()
			if of[limit] == nil {
				limits = append(limits, limit)
			}
			of[limit] = append(of[limit], q.String())
		}
		for _, limit := range limits {
			out = append(out, Unseen{t.table, fmt.Sprintf(limit, t.questions[0].verb, strings.Join(of[limit], ", "))})
		}
	}
	return out
}

// mostNamed bounds how many namespaces a sentence names.
const mostNamed = 5

// limit is what somebody may do with something, as a format of the verb and the resources. Names of namespaces have no %.
func (g grant) limit() string {
	names := slices.Sorted(maps.Keys(g.some))
	switch {
	case len(names) == 0:
		return "you may not %s %s"
	case len(names) > mostNamed:
		return "you may %s %s in " + strconv.Itoa(len(names)) + " namespaces only"
	}
	return "you may %s %s in " + strings.Join(names, ", ") + " only"
}
