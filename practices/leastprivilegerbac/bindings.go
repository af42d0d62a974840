package leastprivilegerbac

import (
	"fmt"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// crowds are the groups and users that are more people than a binding seems to say.
var crowds = map[string]string{
	"system:unauthenticated": "everybody, without a login", "system:anonymous": "everybody, without a login",
	"system:authenticated": "everybody with a login, every ServiceAccount included", "system:serviceaccounts": "every ServiceAccount of the cluster",
}

// open are the roles that Kubernetes itself gives to everybody.
var open = map[string]bool{"system:discovery": true, "system:basic-user": true, "system:public-info-viewer": true,
	"system:service-account-issuer-discovery": true}

func (g *grants) judgeBinding(b binding) {
	if b.role.Name == "cluster-admin" && b.role.Kind == "ClusterRole" {
		g.judgeAdmin(b)
	}
	for i, s := range b.subjects {
		at := b.At("subjects", strconv.Itoa(i), "name")
		who, isCrowd := crowds[s.Name]
		switch {
		case s.Kind != rbacv1.ServiceAccountKind && isCrowd && !open[b.role.Name]:
			n := practice.Note{At: at, Message: fmt.Sprintf("%s %q has role %s: %s", s.Kind, s.Name, b.role.Name, who),
				Leads: "the right is everybody's, and nobody can say who uses it", Fix: "name the people's groups and the ServiceAccounts that need it"}
			if strings.HasPrefix(who, "everybody, without") {
				n.Severity = practice.Error
			}
			g.Report(n)
		case s.Kind == rbacv1.GroupKind && strings.HasPrefix(s.Name, "system:serviceaccounts:"):
			g.Report(practice.Note{At: at,
				Message: fmt.Sprintf("every ServiceAccount of namespace %s has role %s", strings.TrimPrefix(s.Name, "system:serviceaccounts:"), b.role.Name),
				Leads:   "every pod of the namespace holds the right, today's and tomorrow's", Fix: "name the ServiceAccounts that need it"})
		case s.Kind == rbacv1.ServiceAccountKind && s.Name == "default":
			g.Report(practice.Note{At: at,
				Message: fmt.Sprintf("the ServiceAccount \"default\" has role %s", b.role.Name),
				Leads:   "every pod that names no ServiceAccount holds the right", Fix: "make a ServiceAccount for the workload that needs it, and bind that"})
		case s.Kind == rbacv1.ServiceAccountKind && g.Complete && !g.exists(b, s):
			g.Report(practice.Note{At: at,
				Message: fmt.Sprintf("ServiceAccount %q, which has role %s, doesn't exist", s.Name, b.role.Name),
				Leads:   "whoever makes a ServiceAccount of that name holds the right", Fix: "remove the subject, or make the ServiceAccount"})
		}
	}
}

func (g *grants) exists(b binding, s rbacv1.Subject) bool {
	if s.Namespace == "" {
		s.Namespace = b.ID().Namespace
	}
	return g.Find(manifest.ID{Kind: rbacv1.ServiceAccountKind, Namespace: s.Namespace, Name: s.Name}) != nil ||
		g.Find(manifest.ID{Kind: rbacv1.ServiceAccountKind, Name: s.Name}) != nil
}

// judgeAdmin reports who is given all rights there are. That the group of administrators has them is what it is for.
func (g *grants) judgeAdmin(b binding) {
	var names []string
	for _, s := range b.subjects {
		if s.Name != "system:masters" {
			names = append(names, fmt.Sprintf("%s %q", s.Kind, s.Name))
		}
	}
	if len(names) == 0 {
		return
	}
	n := practice.Note{
		At: b.At("roleRef", "name"), Message: strings.Join(names, ", ") + " may do everything in the cluster: role cluster-admin", Severity: practice.Error,
		Leads: "who gets hold of one token has the cluster, its Secrets and its nodes", Fix: "write a ClusterRole with the rights that are used, and bind that",
	}
	if !b.isWide {
		n.Message = strings.Join(names, ", ") + " may do everything in the namespace: role cluster-admin"
		n.Severity, n.Leads = practice.Warning, "it has the namespace's Secrets and can give its rights away"
		n.Fix = "bind admin or edit, or a Role with the rights that are used"
	}
	g.Report(n)
}
