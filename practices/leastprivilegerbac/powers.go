package leastprivilegerbac

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// power is what a rule lets its holders do beyond what it seems to say.
type power struct {
	text     string // after "lets its holders"
	severity practice.Severity
	rule     int
	field    string // of the rule
	leads    string
}

// danger is a right that is more than it looks: the risks that the Kubernetes docs list (RBAC good practices).
type danger struct {
	group     string
	resources []string
	verbs     []string
	inRole    bool // a Role of one namespace has it, too
	severity  practice.Severity
	text      string
	leads     string
}

var (
	reading  = []string{"get", "list", "watch"}
	writing  = []string{"create", "update", "patch"}
	removing = []string{"delete", "deletecollection"}
	creating = []string{"create"}
)

var dangers = []danger{
	{rbacv1.GroupName, []string{"roles", "clusterroles"}, []string{"escalate"}, true, practice.Error,
		"give themselves any right (escalate)", "who holds it is cluster-admin if they like"},
	{rbacv1.GroupName, []string{"roles", "clusterroles"}, []string{"bind"}, true, practice.Error,
		"bind themselves to any role (bind)", "who holds it is cluster-admin if they like"},
	{"", []string{"users", "groups", "serviceaccounts"}, []string{"impersonate"}, true, practice.Error,
		"act as somebody else (impersonate)", "who holds it is whoever may do more"},
	{"", []string{"serviceaccounts/token"}, creating, false, practice.Warning,
		"make tokens for any ServiceAccount", "who holds it is any ServiceAccount, the mightiest included"},
	{"", []string{"secrets"}, reading, false, practice.Warning,
		"read the Secrets of all namespaces", "the tokens, passwords and keys of every team lie open to whoever gets into one container"},
	{"", []string{"secrets"}, writing, false, practice.Warning,
		"write the Secrets of all namespaces", "a Secret for a ServiceAccount's token can be made, and read through a pod"},
	{"", []string{"pods"}, creating, false, practice.Warning,
		"run pods in all namespaces", "a pod can take any ServiceAccount, Secret and, without pod security, node"},
	{"apps", []string{"deployments", "daemonsets", "statefulsets", "replicasets"}, writing, false, practice.Warning,
		"run workloads in all namespaces", "a pod can take any ServiceAccount, Secret and, without pod security, node"},
	{"batch", []string{"jobs"}, creating, false, practice.Warning, // the pods of one that is there can't be changed
		"run jobs in all namespaces", "a pod can take any ServiceAccount, Secret and, without pod security, node"},
	{"batch", []string{"cronjobs"}, writing, false, practice.Warning,
		"run jobs in all namespaces", "a pod can take any ServiceAccount, Secret and, without pod security, node"},
	{"", []string{"pods/exec", "pods/attach", "pods/ephemeralcontainers"}, []string{"create", "get", "update", "patch"}, false, practice.Warning,
		"get into the containers of all namespaces", "it is the rights, files and secrets of every pod"},
	{"", []string{"nodes/proxy"}, []string{"get", "create"}, false, practice.Warning,
		"command the kubelet of every node (nodes/proxy)", "it runs commands in any pod, past audit and admission"},
	{"admissionregistration.k8s.io", []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}, writing, false, practice.Warning,
		"change admission webhooks", "a webhook sees every object that is written, Secrets included, and can change it"},
	{"certificates.k8s.io", []string{"certificatesigningrequests/approval"}, []string{"update", "patch"}, false, practice.Warning,
		"approve certificates", "a certificate makes anybody anyone, and can't be taken back"},
	{"", []string{"persistentvolumes"}, creating, false, practice.Info,
		"make PersistentVolumes", "a hostPath volume reaches the files of the node"},
}

// judgeRole reports a role once, with the worst that it allows first.
func (g *grants) judgeRole(role *practice.Object) {
	rules := rulesOf(role)
	powers := powersOf(rules, g.isWide(role))
	if len(powers) == 0 {
		return
	}
	slices.SortStableFunc(powers, func(a, b power) int { return int(b.severity - a.severity) })
	worst := powers[0]
	var texts []string
	for _, p := range powers {
		if !slices.Contains(texts, p.text) {
			texts = append(texts, p.text)
		}
	}
	const shown = 3
	if len(texts) > shown {
		texts = append(texts[:shown:shown], fmt.Sprintf("%d more", len(texts)-shown))
	}
	text := texts[0]
	if last := len(texts) - 1; last > 0 {
		text = strings.Join(texts[:last], ", ") + " and " + texts[last]
	}
	g.Report(practice.Note{
		At: role.At("rules", strconv.Itoa(worst.rule), worst.field), Severity: worst.severity,
		Message: fmt.Sprintf("%s %q lets its holders %s", role.ID().Kind, role.ID().Name, text),
		Leads:   worst.leads, Fix: fixOf(worst, rules[worst.rule]),
	})
}

func fixOf(p power, r rbacv1.PolicyRule) string {
	switch {
	case p.field == "verbs" && slices.Contains(r.Verbs, "*"):
		return "name the verbs that are used: get, list, watch, create, update, patch, delete"
	case p.field == "resources" && slices.Contains(r.Resources, "*"):
		return "name the resources that are used"
	case slices.Contains(r.APIGroups, "admissionregistration.k8s.io"): // of the whole cluster: no RoleBinding helps
		return "name with resourceNames those that it changes, and leave creating them to who installs it"
	case len(r.ResourceNames) == 0 && slices.Contains(r.Resources, "secrets"):
		return "bind it in the namespaces that need it with a RoleBinding, or name the Secrets with resourceNames"
	}
	return "leave the right out, or bind it in the namespaces that need it with a RoleBinding"
}

func rulesOf(role *practice.Object) []rbacv1.PolicyRule {
	if role.ID().Kind == "Role" {
		return practice.As[rbacv1.Role](role).Rules
	}
	return practice.As[rbacv1.ClusterRole](role).Rules
}

func powersOf(rules []rbacv1.PolicyRule, isWide bool) []power {
	var found []power
	for i, r := range rules {
		if w, ok := wildcard(r, isWide); ok {
			w.rule = i
			found = append(found, w)
			continue
		}
		for _, d := range dangers {
			if (isWide || d.inRole) && d.isIn(r) {
				field := "resources"
				if d.severity == practice.Error {
					field = "verbs"
				}
				found = append(found, power{d.text, d.severity, i, field, d.leads})
			}
		}
	}
	return found
}

// isIn says whether a rule gives the right for objects of any name.
func (d danger) isIn(r rbacv1.PolicyRule) bool {
	if len(r.ResourceNames) > 0 || !hasAny(r.Verbs, d.verbs) || !hasAny(r.APIGroups, []string{d.group}) {
		return false
	}
	for _, resource := range d.resources {
		_, sub, _ := strings.Cut(resource, "/")
		if hasAny(r.Resources, []string{resource}) || sub != "" && slices.Contains(r.Resources, "*/"+sub) {
			return true
		}
	}
	return false
}

func hasAny(have, wanted []string) bool {
	return slices.ContainsFunc(have, func(h string) bool { return h == "*" || slices.Contains(wanted, h) })
}

// ours are the groups in which Kubernetes itself keeps what can be misused. Operators have all verbs for their own kinds.
var ours = map[string]bool{
	"": true, "*": true, "apps": true, "batch": true, "extensions": true, "rbac.authorization.k8s.io": true, "policy": true,
	"networking.k8s.io": true, "storage.k8s.io": true, "admissionregistration.k8s.io": true, "apiextensions.k8s.io": true,
	"certificates.k8s.io": true, "apiregistration.k8s.io": true, "authentication.k8s.io": true, "authorization.k8s.io": true,
}

// wildcard is what a rule with a * allows.
func wildcard(r rbacv1.PolicyRule, isWide bool) (power, bool) {
	allVerbs, allResources := slices.Contains(r.Verbs, "*"), slices.Contains(r.Resources, "*")
	allGroups := slices.Contains(r.APIGroups, "*")
	where := "in the namespace"
	if isWide {
		where = "in the whole cluster"
	}
	isOurs := slices.ContainsFunc(r.APIGroups, func(group string) bool { return ours[group] })
	switch {
	case len(r.ResourceNames) > 0:
		return power{}, false
	case allVerbs && allResources && allGroups:
		p := power{"do everything " + where, practice.Error, 0, "verbs", "who holds it is an administrator"}
		if !isWide {
			p.severity, p.leads = practice.Warning, "who holds it is the administrator of the namespace, its roles and Secrets included"
		}
		return p, true
	case allResources && isOurs && hasAny(r.APIGroups, []string{""}) && hasAny(r.Verbs, slices.Concat(reading, writing, removing)):
		verb := "read"
		if hasAny(r.Verbs, slices.Concat(writing, removing)) {
			verb = "change"
		}
		return power{verb + " everything " + where + ", Secrets included", practice.Warning, 0, "resources",
			"what comes to the cluster later is in it, too, and so are tokens and passwords"}, true
	case allResources && isOurs && !hasAny(r.Verbs, slices.Concat(writing, removing)):
		return power{}, false // reading what holds no secrets
	case allResources && isOurs:
		return power{fmt.Sprintf("change all resources of %s %s", groups(r.APIGroups), where), practice.Warning, 0, "resources",
			"what comes to the group later is in it, too"}, true
	case allVerbs && isOurs:
		return power{fmt.Sprintf("do anything with %s %s", brief(r.Resources), where), practice.Warning, 0, "verbs", anything(r.Resources)}, true
	}
	return power{}, false
}

// anything is what all verbs are for some resources: a few have verbs of their own.
func anything(resources []string) string {
	more := ""
	if hasAny(resources, []string{"users", "groups", "serviceaccounts"}) {
		more = ", impersonate"
	}
	if hasAny(resources, []string{"roles", "clusterroles"}) {
		more += ", bind, escalate"
	}
	return "it has deletecollection" + more + ", and whatever verb comes later"
}

func groups(names []string) string {
	if slices.Contains(names, "*") {
		return "all groups"
	}
	return brief(names)
}

func brief(names []string) string {
	const shown = 3
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}
