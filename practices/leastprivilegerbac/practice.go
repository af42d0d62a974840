// Package leastprivilegerbac is the practice that everybody and everything may do in the cluster what it needs, and no more.
package leastprivilegerbac

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is least-privilege-rbac.
var Practice = &practice.Practice{
	ID:       "least-privilege-rbac",
	Title:    "Roles allow what is needed, and workloads hold a token only if they use it",
	Category: practice.Architecture,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "whoever gets into the container that holds it gets into the cluster",
	Fix:      "name the groups, resources and verbs that are used, in a Role of the namespace where that does",
	Mends:    practice.Writes,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	g := gather(p)
	for _, kind := range []string{"ClusterRole", "Role"} {
		for role := range p.Of(rbacv1.GroupName, kind) {
			if isShipped(role) {
				continue
			}
			g.judgeRole(role)
			if p.Complete {
				g.judgeUse(role)
			}
		}
	}
	for _, b := range g.bindings {
		if !isShipped(b.Object) {
			g.judgeBinding(b)
		}
	}
	g.judgeAccounts()
}

// isShipped says that Kubernetes itself brings the object.
func isShipped(o *practice.Object) bool {
	return o.GetLabels()["kubernetes.io/bootstrapping"] == "rbac-defaults" || strings.HasPrefix(o.ID().Name, "system:")
}

// binding is a RoleBinding or ClusterRoleBinding.
type binding struct {
	*practice.Object
	role     rbacv1.RoleRef
	subjects []rbacv1.Subject
	isWide   bool // of the whole cluster
}

// grants are the bindings of a scope, found by what they bind.
type grants struct {
	*practice.Pass
	bindings []binding
	ofRole   map[string][]binding // by kind and name of the role
	accounts map[string][]binding // by name of a ServiceAccount
}

func gather(p *practice.Pass) *grants {
	g := &grants{Pass: p, ofRole: map[string][]binding{}, accounts: map[string][]binding{}}
	for o := range p.Of(rbacv1.GroupName, "ClusterRoleBinding") {
		b := practice.As[rbacv1.ClusterRoleBinding](o)
		g.bindings = append(g.bindings, binding{o, b.RoleRef, b.Subjects, true})
	}
	for o := range p.Of(rbacv1.GroupName, "RoleBinding") {
		b := practice.As[rbacv1.RoleBinding](o)
		g.bindings = append(g.bindings, binding{o, b.RoleRef, b.Subjects, false})
	}
	for _, b := range g.bindings {
		key := b.role.Kind + " " + b.role.Name
		g.ofRole[key] = append(g.ofRole[key], b)
		for _, s := range b.subjects {
			if s.Kind == rbacv1.ServiceAccountKind {
				g.accounts[s.Name] = append(g.accounts[s.Name], b)
			}
		}
	}
	return g
}

// together says that two namespaces may be the same: one that isn't written is given when the objects are delivered.
func together(a, b string) bool { return a == b || a == "" || b == "" }

// boundTo are the bindings of a ServiceAccount.
func (g *grants) boundTo(namespace, name string) []binding {
	var found []binding
	for _, b := range g.accounts[name] {
		for _, s := range b.subjects {
			if s.Kind != rbacv1.ServiceAccountKind || s.Name != name {
				continue
			}
			if s.Namespace == "" {
				s.Namespace = b.ID().Namespace
			}
			if together(s.Namespace, namespace) {
				found = append(found, b)
				break
			}
		}
	}
	return found
}

// reach of a role: a ClusterRole that is bound only within namespaces is as narrow as a Role.
func (g *grants) isWide(role *practice.Object) bool {
	if role.ID().Kind != "ClusterRole" {
		return false
	}
	bindings := g.ofRole["ClusterRole "+role.ID().Name]
	return len(bindings) == 0 || slices.ContainsFunc(bindings, func(b binding) bool { return b.isWide })
}

// judgeUse reports a role that nothing binds. It is asked only where all bindings are known.
func (g *grants) judgeUse(role *practice.Object) {
	id := role.ID()
	for key := range role.GetLabels() {
		if strings.HasPrefix(key, "rbac.authorization.k8s.io/aggregate-to-") {
			return // part of another role
		}
	}
	for _, b := range g.ofRole[id.Kind+" "+id.Name] {
		if id.Kind == "ClusterRole" || together(b.ID().Namespace, id.Namespace) {
			return
		}
	}
	g.Report(practice.Note{
		At: role.At("metadata", "name"), Severity: practice.Info,
		Message: fmt.Sprintf("nothing binds %s %q", id.Kind, id.Name),
		Leads:   "nobody knows whether it is needed, and one binding makes it work for somebody else", Fix: "remove it, or bind it",
	})
}
